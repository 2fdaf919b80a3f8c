-- The cities of customers and sellers; weights are per thousand. A postal code is the prefix or one of the next few numbers.
-- Most names are written without accents, as in the shop.

create table cities (
    state varchar, city varchar, zip_code_prefix integer, zip_codes integer, customers integer, sellers integer
);

insert into cities values
    ('SP', 'sao paulo', 1001, 4900, 156, 223),
    ('SP', 'são paulo', 1001, 4900, 0, 2),
    ('SP', 'campinas', 13010, 90, 24, 28),
    ('SP', 'guarulhos', 7010, 190, 22, 30),
    ('SP', 'sao bernardo do campo', 9600, 250, 20, 24),
    ('SP', 'santo andre', 9010, 280, 18, 30),
    ('SP', 'osasco', 6010, 280, 17, 20),
    ('SP', 'santos', 11010, 90, 17, 18),
    ('SP', 'sao jose dos campos', 12210, 50, 17, 24),
    ('SP', 'sorocaba', 18010, 90, 16, 20),
    ('SP', 'jundiai', 13201, 18, 14, 18),
    ('SP', 'ribeirao preto', 14010, 90, 14, 32),
    ('SP', 'piracicaba', 13400, 30, 12, 18),
    ('SP', 'bauru', 17010, 70, 12, 14),
    ('SP', 'mogi das cruzes', 8710, 70, 12, 14),
    ('SP', 'sao jose do rio preto', 15010, 90, 12, 28),
    ('SP', 'barueri', 6401, 80, 12, 16),
    ('SP', 'taubate', 12010, 90, 12, 12),
    ('SP', 'franca', 14400, 10, 12, 26),
    ('RJ', 'rio de janeiro', 20010, 2900, 75, 34),
    ('RJ', 'niteroi', 24020, 340, 22, 7),
    ('RJ', 'nova iguacu', 26010, 270, 16, 6),
    ('RJ', 'petropolis', 25610, 130, 16, 8),
    ('MG', 'belo horizonte', 30110, 1690, 55, 38),
    ('MG', 'juiz de fora', 36010, 90, 22, 12),
    ('MG', 'contagem', 32010, 270, 20, 16),
    ('MG', 'uberlandia', 38400, 10, 20, 13),
    ('RS', 'porto alegre', 90010, 1890, 30, 18),
    ('RS', 'caxias do sul', 95010, 90, 13, 14),
    ('RS', 'pelotas', 96010, 90, 12, 10),
    ('PR', 'curitiba', 80010, 2490, 28, 70),
    ('PR', 'londrina', 86010, 80, 12, 22),
    ('PR', 'maringa', 87010, 100, 11, 21),
    ('SC', 'florianopolis', 88010, 50, 14, 16),
    ('SC', 'joinville', 89201, 30, 12, 25),
    ('SC', 'blumenau', 89010, 60, 11, 20),
    ('BA', 'salvador', 40010, 1990, 22, 4),
    ('BA', 'feira de santana', 44001, 90, 12, 2),
    ('DF', 'brasilia', 70040, 2600, 22, 10),
    ('ES', 'vitoria', 29010, 80, 10, 4),
    ('ES', 'vila velha', 29100, 20, 10, 3),
    ('GO', 'goiania', 74010, 880, 14, 10),
    ('GO', 'anapolis', 75020, 110, 6, 3),
    ('PE', 'recife', 50010, 2790, 17, 3),
    ('CE', 'fortaleza', 60010, 1880, 13, 4),
    ('PA', 'belem', 66010, 800, 10, 1),
    ('MT', 'cuiaba', 78005, 95, 9, 1),
    ('MA', 'sao luis', 65010, 85, 8, 0),
    ('MS', 'campo grande', 79002, 110, 7, 2),
    ('PB', 'joao pessoa', 58010, 90, 5, 2),
    ('PI', 'teresina', 64000, 90, 5, 0),
    ('RN', 'natal', 59010, 130, 5, 2),
    ('AL', 'maceio', 57010, 80, 4, 0),
    ('SE', 'aracaju', 49010, 90, 4, 1),
    ('TO', 'palmas', 77001, 50, 3, 0),
    ('RO', 'porto velho', 76801, 30, 2, 1),
    ('AM', 'manaus', 69005, 90, 1, 0),
    ('AC', 'rio branco', 69900, 20, 1, 0),
    ('AP', 'macapa', 68900, 15, 1, 0),
    ('RR', 'boa vista', 69301, 15, 1, 0);

set variable "city of customer" = (
    select list({state: state, city: city, prefix: zip_code_prefix, codes: zip_codes} order by cities.rowid)
    from cities, range(customers)
);
set variable "city of seller" = (
    select list({state: state, city: city, prefix: zip_code_prefix, codes: zip_codes} order by cities.rowid)
    from cities, range(sellers)
);

-- A postal code of that city: five digits, with leading zeros.
create macro zip_code_in(city, number) as
    lpad((city.prefix + draw('postal code', number, city.codes))::varchar, 5, '0');

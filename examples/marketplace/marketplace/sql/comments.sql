-- The comments of reviews; weights are per thousand. Some contain what a CSV reader must handle: commas, quotes, accents,
-- line breaks.
insert into words values
    ('praise', 'Chegou antes do prazo, muito bem embalado.', 300),
    ('praise', 'Recomendo a loja, produto de ótima qualidade.', 250),
    ('praise', 'Tudo certo com a entrega.' || chr(10) || 'Comprarei de novo.', 150),
    ('praise', 'Produto igual ao da foto e com preço justo', 200),
    ('praise', 'Minha filha adorou, disse que é "o melhor presente"!', 100),

    ('complaint', 'Ainda não recebi o produto, e ninguém responde.', 350),
    ('complaint', 'Comprei dois e veio apenas um.', 250),
    ('complaint', 'Veio com defeito;' || chr(10) || chr(10) || 'quero trocar.', 150),
    ('complaint', 'O anúncio dizia "original", mas não é.', 150),
    ('complaint', 'Demorou demais', 100),

    ('title of praise', 'Recomendo', 500),
    ('title of praise', 'Muito bom', 300),
    ('title of praise', 'Super, amei!', 200),

    ('title of complaint', 'Não recebi', 600),
    ('title of complaint', 'Produto errado, e agora?', 400);

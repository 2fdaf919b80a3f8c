-- Pseudo-random numbers that are the same on every machine: integers only, stateless, independent of DuckDB's version.

-- A 32-bit hash of a number. The constants and shifts are those of Chris Wellons's hash `lowbias32`; a product of two
-- 32-bit numbers always fits into 64 bits.
create macro low_32_bits(x) as x & 4294967295;
create macro shift_in(x, bits) as xor(x, x >> bits);
create macro scramble(x) as
    shift_in(low_32_bits(shift_in(low_32_bits(shift_in(x, 16) * 2146121005), 15) * 2221713035), 16);

-- Every question has its own seed: the first 8 hex digits of md5('<seed> <question>').
create macro die(question) as ('0x' || left(md5(getvariable('seed') || ' ' || question), 8))::ubigint;

-- The random number for the object with this number: 0 to sides - 1.
create macro draw(question, number, sides) as
    ((scramble(low_32_bits(number::ubigint * 2654435769 + die(question))) * sides::ubigint) >> 32)::bigint;

-- A random word of a list that contains each word as many times as its weight. The list is a variable with the name of the
-- question.
create macro pick(question, number) as
    getvariable(question)[1 + draw(question, number, 1000)];

-- The value at a share (in millionths) of a distribution that is given by marks at equal shares, such as its deciles.
create macro between_marks(marks, point) as
    marks[1 + point // 1000000]
    + (marks[2 + point // 1000000] - marks[1 + point // 1000000]) * (point % 1000000) // 1000000;
create macro on_scale(marks, share) as between_marks(marks, share * (len(marks) - 1));
create macro draw_on_scale(question, number, marks) as on_scale(marks, draw(question, number, 1000000));

-- 32 hex digits that identify an object of a kind.
create macro identify(kind, number) as md5(getvariable('seed') || ' ' || kind || ' ' || number);

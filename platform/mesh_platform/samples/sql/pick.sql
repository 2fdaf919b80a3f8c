-- Per question, a list in which each word stands as often as its weight says: drawing from it is looking up a place.
set variable words = (
    select map(list(question), list(choices))
    from (
        select question, list(word order by words.rowid) as choices
        from words, range(weight)
        group by question
    )
);

create macro pick(question, number) as
    getvariable('words')[question][1 + draw(question, number, 1000)];

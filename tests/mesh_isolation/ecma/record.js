// Records what JavaScript says: which texts contain a match of which pattern. Run it with Node.js, from any folder:
//   node tests/mesh_isolation/ecma/record.js
// It writes answers.json beside it. A pattern is compiled with the flag "u", as JSON Schema recommends, else without flags;
// `flags` is null for a pattern that is no regular expression either way. `matches` has one digit for each text.
const fs = require("fs");
const path = require("path");

const texts = [
  "", "a", "b", "ab", "ba", "aab", "abab", "A", "AB", "0", "7", "42", "2018-01-31", "a1", "_", "-", ".", "a.b", "a-b", "a b",
  " ", "\t", "\n", "a\n", "\na", "a\nb", "a\r\n", "\r", "\u000b", "\f", "\u0000", "\u0001", "\b", "\u00a0", "\u2028", "\u2029",
  "\ufeff", "\u3000", "\u1680", "\u180e", "é", "É", "ß", "ſ", "K", "Ω", "ω", "٣", "三", "😀", "😀😀", "a😀", "ab12", "{", "}",
  "{2}", "a{2}", "a{,2}", "[", "]", "(", ")", "\\", "^", "$", "|", "/", "'", "\"", "a]", "@", "x@y.example", ":", "alpha", "[:a]",
  "Az09_-", "aaaa", "z", "pL", "d", "&", "a&b", "\u2003", "\u0085", "\u200b", "Q", "E", "\u0130", "א",
];

const written = String.raw`
a	^a$	^a	a$	^$	^	$	a|b	^(a|b)$	^a|b$	|	a|	^(|a)$	(?:a)	^(?:ab)+$	^(?<year>[0-9]{4})-(?<month>[0-9]{2})	(?<$x>a)	(?<ä>a)	(?<x>a)(?<x>b)
.	^.$	^..$	^.*$	^.+$	a.b	^a.b$	.$	^.	[^]	^[^]$	^[^]*$	[]	a[]	^[]?$	[^a]	^[^a]$	^[^a]*$
\d	^\d+$	\D	^\D$	\w	^\w+$	\W	^\W$	\s	^\s$	\S	^\S$	^\s*$	[\d]	[\D]	^[\D]$	[\w-]	^[\w.-]+$	[^\w]	^[^\w]$	[\W]	[\s]	^[\s]$	[^\s]	^[^\s]$	[\S]	^[\S]$	^[\s\S]$	^[\d\s]+$	[\d-a]	[a-\d]	[\w-z]
\b	\ba	a\b	^\b	\B	^\B$	a\Bb	\bé	é\b	[\b]	[\B]	^[\b]$
\t	\n	\r	\v	\f	\0	[\0]	\00	\01	\1	(a)\1	^(a|b)\1$	\2	\k<x>	(?<x>a)\k<x>	\k	\8	[\1]
\cA	\ca	\cJ	[\cA]	\c1	\c	\c_	[\c1]	\x41	\x4	\xZZ	^\x61$	[\x61-\x63]	a	[a-c]	\u{61}	^\u{1F600}$	^\uD83D\uDE00$	^\uD83D$	\uDE00	\u{110000}	\u{}	\u61	[\u{1F600}-\u{1F64F}]	^[\uD83D\uDE00]$	^[😀]$	^😀$	^😀+$	^😀{2}$
\p{L}	^\p{L}$	\P{L}	^\P{L}+$	[\p{L}]	^[\p{L}\d]+$	[^\p{L}]	^[^\p{L}]$	\p{Lu}	\p{Ll}	\p{Nd}	^\p{Nd}$	\p{N}	\p{P}	\p{S}	\p{Z}	\p{Zs}	\p{Cc}	\p{gc=Lu}	\p{General_Category=Lu}	\p{Letter}	\p{Script=Greek}	\p{sc=Greek}	\p{Script=Hebrew}	\p{Greek}	\p{scx=Greek}	\p{Alphabetic}	\p{Emoji}	\p{C}	\p{Cn}	\p{Any}	\p{ASCII}	\p{Script=Nowhere}	\p{lu}	\p	\pL	\PL	\p{	\p{}	\p{^L}
\A	\Aa	a\z	a\Z	\z	\Q	\Qa\E	\E	\G	\a	\e	\h	\H	\R	\X	\K	\C	\N	\i	\y	\_	\@	\-	\ 	\:	\/	\.	\\	\^	\$	\*	\+	\?	\(	\)	\[	\]	\{	\}	\|	\"	\'	\&	\é	\😀	a\
a*	a+	a?	a*?	a+?	a??	^a*$	^a+?$	a{2}	^a{2}$	^a{2,}$	^a{1,2}$	^a{0}$	^a{2}?$	^a{1,3}?b	a{3,2}	a{,2}	a{	a{2	a{2,	a{b}	{	}	]	{2}	^{2}$	{,2}	a{1000}	a{1001}	(a{100}){100}	a**	a++	a?+	a*+	a{2}{3}	a{2}+	a+*	*	+a	?	(*a)	(|+)	^*	$+	\b+	a|*	(?:)+	()*	^(a*)*$	^(a?)*b$
(?=a)	(?!a)	a(?=b)	a(?!b)	(?<=a)b	(?<!a)b	^(?!.*--).*$	(?=a)*	(?i)a	(?i:a)	(?s).	(?m)^a	(?-i:a)	(?s:.)	(?P<x>a)	(?P=x)	(?P>x)	(?#c)a	(?>a)	(?|a)	(?'x'a)	(?	(?:	(?<	(?<x	(?<1>a)	(?<>a)	(?x)a b	(?R)	(?1)	(?(1)a)	(*UCP)a
(	)	(a	a)	((a)	[	[a	[^	[a-	[z-a]	[a-c]	[-a]	[a-]	[a-c-e]	[--/]	[]]	[^]]	[]a]	[[]	[[a]	[[a]]	[a&&b]	[&&]	[a--b]	[a~~b]	[a||b]	[[:alpha:]]	[[:alpha:]]+	[^[:alpha:]]	[:alpha:]	[[:digit:]a]	[[.a.]]	[[=a=]]	[a[:digit:]]	[.]	^[.]$	[$^|()*+?{}]	^[$^]$	[\]]	[\[]	[\\]	[\^a]	[a^]	^[/]$	[\/]	[\-]	[\.]	[\_]	[\@]	[\q]	[é]	^[À-ÿ]$	[א-ת]
K	ſ	^[a-z]$	^[A-Z]$	^[A-z]+$	^[^@\s]+@[^@\s]+\.[^@\s]+$	^[\w\-\.]+@([\w-]+\.)+[\w-]{2,}$	^[A-Za-z0-9_-]+$	^\d{4}-\d{2}-\d{2}$	^(?:[01]\d|2[0-3]):[0-5]\d$	^\+?[1-9]\d{1,14}$	^[A-Z]{2}\d{2}[A-Z0-9]{1,30}$	^(?!$).+$	^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$	^[^\x00-\x1F]*$	^[\u0020-\u007E]*$	^\S+( \S+)*$	^\s|\s$	^(.)\1+$	^[^\n]*$	^[^.]$	a b	#a	^a # b$	x y	&	a'b	a"b	%s	{property}	a;b	--
`.split(/[\t\n]/).filter((pattern) => pattern !== "");
written.push("\n", "\t", "a\nb", "\u0000", "\u2028", "[\n]", "[\u2028]", "^\u00a0$", "\r\n");

// Random patterns, always the same ones.
let state = 20240229;
const below = (most) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * most);
};
const one = (list) => list[below(list.length)];
const members = ["a", "b", "a-c", "0-9", "-", "é", "😀", "\\d", "\\s", "\\S", "\\W", "\\n", "\\]", "^", ".", "[", "\\u00a0", "\\x41-\\x5a", "\\p{Lu}", ":", "&&"];
const atoms = ["a", "b", "ab", "0", "é", "😀", ".", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\.", "\\n", "\\t", "\\p{L}", "\\P{Ll}", "\\u{1F600}", "\\x61", "\\cJ", "\n", " ", "-"];
const piece = (depth) => {
  const kind = below(10);
  if (kind < 5 || depth > 2) return one(atoms);
  if (kind < 7) return `[${one(["", "", "^"])}${Array.from({ length: 1 + below(3) }, () => one(members)).join("")}]`;
  return `${one(["(", "(?:", "(?<n" + below(100000) + ">"])}${any(depth + 1)})`;
};
const repeated = (depth) => piece(depth) + one(["", "", "", "", "*", "+", "?", "*?", "+?", "{2}", "{1,2}", "{2,}?", "{0}"]);
const sequence = (depth) => Array.from({ length: 1 + below(3) }, () => repeated(depth)).join("");
function any(depth) {
  const parts = Array.from({ length: 1 + below(2) }, () => sequence(depth));
  return parts.join("|");
}
const random = Array.from({ length: 500 }, () => one(["", "^", "^"]) + any(0) + one(["", "$", "$", "\\b"]));

const compiled = (pattern) => {
  for (const flags of ["u", ""]) {
    try {
      return [flags, new RegExp(pattern, flags)];
    } catch {}
  }
  return [null, null];
};
const answers = [...new Set([...written, ...random])].map((pattern) => {
  const [flags, regexp] = compiled(pattern);
  return { pattern, flags, matches: regexp && texts.map((text) => (regexp.test(text) ? 1 : 0)).join("") };
});
const lines = answers.map((answer) => JSON.stringify(answer)).join(",\n");
const document = `{"node": ${JSON.stringify(process.versions.node)}, "v8": ${JSON.stringify(process.versions.v8)},\n"texts": ${JSON.stringify(texts)},\n"answers": [\n${lines}\n]}\n`;
fs.writeFileSync(path.join(__dirname, "answers.json"), document);

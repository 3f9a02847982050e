-- Places where goods are collected are searched by words and by nearness.

-- How words are compared: in small letters, without accents.
create function commerce.folded(text) returns text language sql immutable parallel safe return
    translate(lower($1), 'ąćęłńóśźżáčďéěíňřšťúůýžäöüàâçèêëîïôûùÿőűăâîșțđ', 'acelnoszzacdeeinrstuuyzaouaaceeeiiouuyouaaistd');

-- How far it is from one place to another as the crow flies, on a ball of 6371 km; null where one is not known.
create function commerce.metres(double precision, double precision, double precision, double precision) returns int
language sql immutable strict parallel safe return
    round(12742000 * asin(sqrt(least(1, sind(($3 - $1) / 2) ^ 2 + cosd($1) * cosd($3) * sind(($4 - $2) / 2) ^ 2))))::int;

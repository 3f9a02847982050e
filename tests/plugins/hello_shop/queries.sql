-- name: greet(name: text)
-- Remember a greeting.
insert into hello_shop.greeting (name) values (:name)

-- name: heard(name: text)
-- Remember that the greeting was heard of.
update hello_shop.greeting set heard = heard + 1 where name = :name

-- name: greetings() -> Greeting[]
-- All greetings.
select name, heard from hello_shop.greeting order by name

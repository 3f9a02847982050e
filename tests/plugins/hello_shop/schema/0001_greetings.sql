create table hello_shop.greeting (name text primary key, heard int not null default 0);

-- A stall for the kernel's own tests: what lies on it, what was noted, what reactions did.

create table tests.heap (
    sort text primary key,
    units int not null constraint heap_not_negative check (units >= 0)
);

create table tests.note (
    id bigint generated always as identity primary key,
    operation text not null,
    target text not null
);

create table tests.effect (
    id bigint generated always as identity primary key,
    what text not null,
    number bigint not null
);

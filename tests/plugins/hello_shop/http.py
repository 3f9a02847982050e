from hello_shop import actions
from rynek.kernel.operations import read, write

operations = [
    write("POST /hello/{name}", actions.greet, "hello.greet"),
    read("GET /hello", actions.greetings, "hello.read"),
]

"""Mutations of inputs: of bytes, of CSV fields and of JSON values. All that is drawn comes from the given generator."""

import json

NUMBERS = [
    "0", "-1", "1", "1e308", "1e-308", "5e-324", "1e400", "-0", "nan", "inf", "Infinity", "NaN", "0x10", "0x1p4", "+5",
    ".5", "5.", "005", "1_000", "1e100", "1e-100", "1e9", "1e-9", "2147483648", "9223372036854775807",
    "9223372036854775808", "1099511627776", "1099511627777", "65536", "4294967296", "1.5", "99999999999999999999999999",
]
TEXTS = [
    "", " ", "null", "true", "x" * 5000, "\x1b[31m", "\x1b]0;title\x07", "\u202eevil", "a\x00b", "=1+2", "+cmd", "@x",
    "<script>", "a|b", "\n", "\r\n", "\"", ",", "\ufeff", "\ud7ff", "\U0001f600", "../../etc/passwd", "fp32", "gemm",
    "{", "[1]", "\u2028", "%s%n", "é" * 300,
]


def of_bytes(data, rng):
    """Some bytes changed, cut, doubled or moved."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        if not data:
            return bytes(rng.randbytes(rng.randrange(64)))
        at = rng.randrange(len(data))
        end = min(len(data), at + rng.choice([1, 2, 8, 64, 512]))
        way = rng.randrange(8)
        if way == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            data[at] = rng.randrange(256)
        elif way == 2:
            del data[at:end]
        elif way == 3:
            data[at:at] = data[at:end]
        elif way == 4:
            data[at:end] = rng.choice(NUMBERS + TEXTS).encode("utf-8", "surrogatepass")
        elif way == 5:
            del data[at:]
        elif way == 6:
            data[at:at] = rng.choice(TEXTS).encode("utf-8", "surrogatepass") * rng.choice([1, 1, 50])
        else:
            digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
            if digits:
                place = rng.choice(digits)
                data[place : place + 1] = rng.choice(NUMBERS).encode()
    return bytes(data)


def of_fields(data, rng):
    """A CSV text with fields, columns or rows changed; quotes are left as they are."""
    lines = data.decode("utf-8", "replace").split("\n")
    rows = [line.split(",") for line in lines]
    for _ in range(rng.choice([1, 1, 2, 5])):
        row = rng.randrange(len(rows))
        column = rng.randrange(len(rows[row]))
        way = rng.randrange(8)
        if way <= 2:
            rows[row][column] = rng.choice(NUMBERS)
        elif way == 3:
            rows[row][column] = rng.choice(TEXTS)
        elif way == 4:
            rows.insert(row, list(rng.choice(rows)))
        elif way == 5:
            del rows[row][column]
            rows[row] = rows[row] or [""]
        elif way == 6:
            rows[row].insert(column, rng.choice(NUMBERS + TEXTS))
        else:
            for other in rows:
                if column < len(other) > 1:
                    del other[column]
    end = rng.choice(["\n"] * 6 + ["\r\n", "\r"])
    return end.join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")


class Raw(float):
    """A number that is written as it is spelled."""

    def __new__(cls, text):
        self = super().__new__(cls, 0.0)
        self.text = text
        return self

    def __repr__(self):
        return self.text


def written(value):
    """JSON text of a value, numbers as they are spelled."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(json.dumps(str(key)) + ": " + written(item) for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


def places(value, found):
    """Every container of a JSON value with a key or index in it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for key, item in items:
        found.append((value, key))
        places(item, found)
    return found


def of_json(data, rng):
    """A JSON text with values, keys or types changed."""
    try:
        root = json.loads(data)
    except ValueError:
        return of_bytes(data, rng)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        found = places(root, [])
        if not found:
            break
        container, key = rng.choice(found)
        way = rng.randrange(9)
        if way <= 3:
            container[key] = Raw(rng.choice(NUMBERS))
        elif way == 4:
            container[key] = rng.choice(TEXTS)
        elif way == 5:
            container[key] = rng.choice([None, True, False, [], {}, [[]], [1, 2, 3]])
        elif way == 6:
            del container[key]
        elif way == 7:
            container[key] = rng.choice(found)[0]
            if not is_tree(root):
                container[key] = []
        elif isinstance(container, dict):
            container[rng.choice(TEXTS + ["value", "format", "layers"])] = Raw(rng.choice(NUMBERS))
        else:
            container.append(Raw(rng.choice(NUMBERS)))
    return written(root).encode("utf-8", "surrogatepass")


def is_tree(value, above=()):
    """Whether no container holds itself."""
    if any(value is other for other in above):
        return False
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return all(is_tree(item, above + (value,)) for item in items if isinstance(item, (dict, list)))


def of(data, form, rng):
    """One mutation of an input of a form: csv, json or text."""
    way = rng.randrange(100)
    if way == 0:
        return b""
    if way == 1:
        return rng.randbytes(rng.randrange(2000))
    structured = {"csv": of_fields, "json": of_json}.get(form)
    return structured(data, rng) if structured and way < 70 else of_bytes(data, rng)

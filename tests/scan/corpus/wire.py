"""Protobuf messages put together field by field, for formats whose library is too large to install."""


def varint(number):
    """A number in base 128."""
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, *contents):
    """A field for each of the contents: bytes, text or a number."""
    out = b""
    for content in contents:
        if isinstance(content, int):
            out += varint(number << 3) + varint(content)
        else:
            held = content.encode() if isinstance(content, str) else content
            out += varint(number << 3 | 2) + varint(len(held)) + held
    return out


def entry(key, value):
    """One entry of a map."""
    return field(1, key) + field(2, value)

"""Reads a safetensors file with the standard library alone and prints what is in it, for safetensors_test.cpp."""
import json
import struct
import sys

CODES = {"F32": "f", "F64": "d", "I64": "q", "U8": "B"}

with open(sys.argv[1], "rb") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    data = file.read()

assert (8 + length) % 8 == 0, "the data is not aligned"
print("metadata", json.dumps(header.pop("__metadata__", {}), sort_keys=True))
for name, entry in header.items():
    begin, end = entry["data_offsets"]
    code = CODES[entry["dtype"]]
    assert begin % struct.calcsize(code) == 0, name + " is not aligned"
    values = struct.unpack(f"<{(end - begin) // struct.calcsize(code)}{code}", data[begin:end])
    print(name, entry["dtype"], entry["shape"], list(values))

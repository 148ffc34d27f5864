"""What no server can do without: hashes bytes and writes them to a new file. `floor.py FILE SIZE` prints its CPU-seconds."""

import hashlib
import json
import os
import sys
import time

CHUNK = 1 << 20


def main():
    path, size = sys.argv[1], int(sys.argv[2])
    chunk = os.urandom(CHUNK)
    sha256 = hashlib.sha256()
    begun = time.process_time()
    with open(path, "xb", buffering=0) as file:
        for _ in range(size // CHUNK):
            sha256.update(chunk)
            file.write(chunk)
        os.fdatasync(file.fileno())
    spent = time.process_time() - begun
    os.unlink(path)
    print(json.dumps({"cpu_s": spent}))


main()

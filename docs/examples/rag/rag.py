"""Finds the passages in a folder of text files that a question is about, and prints
them as a prompt for a language model. It keeps them in a memista server.

    python3 docs/examples/rag/rag.py docs/examples/rag/texts "How long does dough take to rise?"

MEMISTA_SERVER is the address of the server, MEMISTA_API_KEY a key if it asks for one.
"""

import base64
import json
import os
import pathlib
import re
import struct
import sys
import urllib.error
import urllib.request

SERVER = os.environ.get("MEMISTA_SERVER", "http://127.0.0.1:8083")
KEY = os.environ.get("MEMISTA_API_KEY")
DATABASE = "/v1/databases/texts"


def call(method, path, body):
    headers = {"Content-Type": "application/json"}
    if KEY:
        headers["Authorization"] = "Bearer " + KEY
    request = urllib.request.Request(SERVER + path, json.dumps(body).encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:  # the server says what is wrong
        sys.exit(f"{method} {path}: {refused.code} {refused.read().decode()}")
    except urllib.error.URLError as failed:
        sys.exit(f"{SERVER}: {failed.reason}")


def embed(text):
    """Stands for the model that makes vectors of texts. It hashes words: a text is near
    to one that has many of the same words, and nothing is known of what they mean.
    Replace it by a call of your model, and index the folder again into a new database.
    """
    vector = [0.0] * 512
    words = [w for w in re.findall(r"[^\W_]+", text.lower()) if len(w.encode()) >= 4]
    for word in words:
        h = 0x811C9DC5  # FNV-1a
        for byte in word.encode():
            h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
        vector[h % len(vector)] += -1 if h >> 31 else 1
    return vector if words else None  # a vector of length zero has no direction


def packed(vector):  # shorter and faster than an array
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def passages(source, text):
    """Splits a text at its empty lines."""
    chunks = []
    for part in text.split("\n\n"):
        part = " ".join(part.split())
        vector = embed(part)
        if vector is None:
            continue
        number = len(chunks) + 1
        chunks.append({
            "key": f"{source}/{number}",
            "text": part,
            "embedding": packed(vector),
            "metadata": {"source": source, "passage": number},
        })
    return chunks


def index(folder):
    """Brings the database up to date with the folder: passages that are there keep
    their keys, those that are gone are deleted."""
    files = sorted(pathlib.Path(folder).glob("*.txt"))
    if not files:
        sys.exit(f"{folder} has no files *.txt")
    for file in files:
        chunks = passages(file.name, file.read_text(encoding="utf-8"))
        if chunks:
            call("POST", DATABASE + "/chunks", {"chunks": chunks})
        forget({"source": file.name, "passage": {"$gt": len(chunks)}})
    forget({"source": {"$nin": [file.name for file in files]}})


def forget(chosen):
    call("POST", DATABASE + "/delete", {"filter": chosen})


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: rag.py FOLDER QUESTION")
    folder, question = sys.argv[1:]
    index(folder)
    vector = embed(question)
    if vector is None:
        sys.exit("the question has no words")
    found = call("POST", DATABASE + "/search", {"queries": [{"embedding": packed(vector), "k": 3}], "include": ["text"]})
    print("Answer from these passages only, and name the ones you used.\n")
    for hit in found["results"][0]:
        print(f"[{hit['key']}, score {hit['score']:.2f}] {hit['text']}\n")
    print(f"Question: {question}")


main()

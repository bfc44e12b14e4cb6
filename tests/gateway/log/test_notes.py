from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.gateway.log.notes import NoteError, Signer, Verifier

# Published keys and signatures: the first two are those of the tests of Go's
# golang.org/x/mod/sumdb/note, the third is the example of C2SP signed-note.
SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
BY_PETER = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
    "qdngotpRZb6KE6RyyBwJnAM=\n"
)
BY_ENOCH = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTG"
    "wnWLox33WWd1RvMc+QQ=\n"
)
EXAMPLE_TEXT = "This is an example message.\n"
BY_EXAMPLE = (
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3"
    "mFXmRKuwHjG1Yu72IneyaQM=\n"
)
PUBLISHED = [
    (PETER, TEXT, BY_PETER),
    (PETER, TEXT, BY_PETER + BY_ENOCH),
    (ENOCH, TEXT, BY_PETER + BY_ENOCH),
    (EXAMPLE, EXAMPLE_TEXT, BY_EXAMPLE),
]


@pytest.mark.parametrize("key", [PETER, ENOCH, EXAMPLE])
def test_published_keys_are_read_and_written_back(key: str) -> None:
    assert str(Verifier.read(key)) == key


def test_a_published_secret_key_gives_its_public_one() -> None:
    signer = Signer.read(SECRET)
    assert signer.write() == SECRET
    assert str(signer.verifier) == PETER


@pytest.mark.parametrize(("key", "text", "signatures"), PUBLISHED)
def test_published_notes_are_opened(key: str, text: str, signatures: str) -> None:
    assert Verifier.read(key).open(f"{text}\n{signatures}") == text


def test_signing_gives_the_published_note() -> None:
    assert Signer.read(SECRET).sign(TEXT) == f"{TEXT}\n{BY_PETER}"


def test_a_public_key_with_one_letter_changed_is_refused() -> None:
    for place, letter in enumerate(PETER):
        with pytest.raises(NoteError):
            Verifier.read(PETER[:place] + chr(ord(letter) + 1) + PETER[place + 1 :])


def test_a_secret_key_with_one_letter_changed_is_refused() -> None:
    for place, letter in enumerate(SECRET):
        with pytest.raises(NoteError):
            Signer.read(SECRET[:place] + chr(ord(letter) + 1) + SECRET[place + 1 :])


def test_no_part_of_a_key_is_a_key() -> None:
    for start in range(len(PETER)):
        for end in range(start, len(PETER) + 1):
            if end - start < len(PETER):
                with pytest.raises(NoteError):
                    Verifier.read(PETER[start:end])


@pytest.mark.parametrize(
    "key",
    [
        # The hash is adjusted in each: from Go's tests.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "",
        "PeterNeumann",
        PETER + "\n",
        " " + PETER,
        "Peter Neumann" + PETER.removeprefix("PeterNeumann"),
    ],
)
def test_what_is_no_ed25519_key_is_refused(key: str) -> None:
    with pytest.raises(NoteError):
        Verifier.read(key)


def changed(note: str) -> list[str]:
    """The note with each of its bits turned that leaves it a text."""
    raw = note.encode()
    turned = (
        raw[: bit // 8] + bytes([raw[bit // 8] ^ 1 << bit % 8]) + raw[bit // 8 + 1 :]
        for bit in range(len(raw) * 8)
    )
    return [text for one in turned if "\ufffd" not in (text := one.decode(errors="replace"))]


def test_a_note_with_any_bit_turned_is_refused() -> None:
    verifier = Verifier.read(PETER)
    notes = changed(f"{TEXT}\n{BY_PETER}")
    assert len(notes) > 1000
    for note in notes:
        with pytest.raises(NoteError):
            verifier.open(note)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        TEXT,
        TEXT + BY_PETER,
        f"{TEXT}\n",
        f"{TEXT}\n{BY_PETER[:-1]}",
        f"{TEXT}\n{BY_PETER}\n",
        f"{TEXT}\n{BY_PETER}more\n",
        f"{TEXT}\n{BY_PETER.replace('— ', '- ')}",
        f"{TEXT}\n{BY_PETER.replace('=', '')}",
        f"{TEXT}\n{BY_ENOCH}",
        f"{TEXT}\n{BY_ENOCH.replace('EnochRoot', 'PeterNeumann')}",
        f"{EXAMPLE_TEXT}\n{BY_PETER}",
    ],
)
def test_what_this_key_did_not_sign_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        Verifier.read(PETER).open(note)


@given(st.text(st.characters(codec="utf-8"), max_size=60).map(lambda text: text + "\n"))
def test_whatever_is_signed_is_opened_by_its_own_key_alone(text: str) -> None:
    signer = Signer.generate("log")
    note = signer.sign(text)
    assert signer.verifier.open(note) == text
    with pytest.raises(NoteError):
        Signer.generate("log").verifier.open(note)


def test_the_key_hash_is_of_name_and_key() -> None:
    signer = Signer.generate("havik")
    name, key_hash, key = str(signer.verifier).split("+", 2)
    raw = b64decode(key)
    assert (name, raw[:1], len(raw)) == ("havik", b"\x01", 33)
    assert sha256(b"havik\n" + raw).hexdigest()[:8] == key_hash
    assert b64encode(raw).decode() == key

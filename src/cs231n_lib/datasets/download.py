"""Fetch one large file from any of several mirrors: go on where it broke off, check it, then name it."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path


def fetch(urls: Sequence[str], path: Path, sha256: str, most_bytes: int, timeout: float = 30.0) -> Path:
    """Bring the file of this SHA-256 to `path`, unless it is there already.

    The mirrors are tried one after the other. What has come so far stays in ``<path>.part``, from which any
    mirror and any later call goes on; it is given up only for a whole file, or when its own bytes are wrong.

    Raises
    ------
    ConnectionError
        No mirror gave the right file; the message says what each did.
    OSError
        The folder cannot be written, or the disk is full.
    """
    import pooch  # these two take long to import
    import requests

    part, problems = path.with_name(f"{path.name}.part"), []
    fresh = part.with_name(f"{part.name}.fresh")
    try:
        if path.exists() and pooch.file_hash(path) == sha256:
            return path
        for url in urls:
            try:
                whole = _go_on(url, part, fresh, most_bytes, timeout)
                if (came := pooch.file_hash(whole)) == sha256:
                    os.replace(whole, path)
                    part.unlink(missing_ok=True)
                    return path
                whole.unlink()
                raise ConnectionError(f"expected sha256:{sha256} but got {came}")
            except (requests.RequestException, ConnectionError) as error:
                problems.append(f"{url}: {error}")
                print(f"That did not work: {error}", file=sys.stderr)
            finally:
                fresh.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(error.errno, f"{path.parent} cannot be written: {error.strerror}") from error
    raise ConnectionError("\n  ".join(problems))


def _go_on(url: str, part: Path, fresh: Path, most_bytes: int, timeout: float) -> Path:
    """Fetch what `part` lacks; three breaks in a row without progress are the end of it.

    Returns the whole file: `part`, or `fresh` where this mirror sends it from its start only, so that
    a wrong one (a page that asks for a password) does not cost what has come so far.
    """
    import requests

    furthest, tries = _size(part), 3
    while True:
        try:
            return _fetch_rest(url, part, fresh, most_bytes, timeout)
        except requests.HTTPError:  # such as 404: asking again would not help
            raise
        except (requests.RequestException, EOFError) as error:  # the connection broke off
            tries = 3 if _size(part) > furthest else tries - 1
            furthest = max(furthest, _size(part))
            if tries == 0:
                raise ConnectionError(error) from error


def _fetch_rest(url: str, part: Path, fresh: Path, most_bytes: int, timeout: float) -> Path:
    """One request for what `part` lacks (HTTP range request, RFC 9110, section 14)."""
    import requests
    from tqdm import tqdm

    done = _size(part)
    # identity: the server must not compress, or the byte positions would be of something else
    options = {"headers": {"Accept-Encoding": "identity"}, "stream": True, "timeout": timeout}
    from_done = options | {"headers": options["headers"] | {"Range": f"bytes={done}-"}}
    response = requests.get(url, **(from_done if done else options))
    if done and response.status_code == 416:  # there is nothing after `done`: the part is whole, or of no use
        response.close()
        if response.headers.get("Content-Range") == f"bytes */{done}":
            return part
        response = requests.get(url, **options)
    with response:
        response.raise_for_status()
        resumes = response.headers.get("Content-Range", "").startswith(f"bytes {done}-")
        target, done = (part, done) if resumes or not done else (fresh, 0)
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        if (total or 0) > most_bytes:
            raise requests.HTTPError(f"it sends {total} bytes, where {most_bytes} are the most")
        with (
            open(target, "ab" if done else "wb") as file,
            tqdm(total=total, initial=done, unit="B", unit_scale=True, desc=part.stem) as progress,
        ):
            for chunk in response.iter_content(8192):  # a chunk that is not whole is lost when it breaks off
                if file.tell() + len(chunk) > most_bytes:
                    file.truncate(done)
                    raise requests.HTTPError(f"it sends more than the {most_bytes} bytes of the file")
                file.write(chunk)
                progress.update(len(chunk))
    if total is not None and _size(target) != total:
        raise EOFError(f"it broke off after {_size(target)} of {total} bytes")
    return target


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0

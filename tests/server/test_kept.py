"""What callers store: apart, bounded, whole, and still there after a restart."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from duologue.errors import NotFound, TooLarge
from duologue.server.kept import Kept, Shelf

NOTES = Shelf("notes", most=3, most_bytes=1000)
PAPERS = Shelf("papers", most=2, most_bytes=1000, forgets=False)


async def put(kept: Kept, *ids: str, caller: str = "local", shelf: Shelf = NOTES) -> None:
    for id in ids:
        await kept.put(caller, shelf, id, {"id": id})


async def ids(kept: Kept, caller: str = "local", shelf: Shelf = NOTES) -> list[str]:
    return [record["id"] for record in await kept.list(caller, shelf)]


async def test_a_record_and_its_bytes_survive_a_restart(tmp_path: Path) -> None:
    await Kept(tmp_path).put("local", NOTES, "n_1", {"said": "späť\n\ud800"}, b"\n\x00bytes\n")
    again = Kept(tmp_path)
    assert await again.get("local", NOTES, "n_1") == {"said": "späť\n\ud800"}
    assert await again.content("local", NOTES, "n_1") == b"\n\x00bytes\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a home's files private in another way")
async def test_other_accounts_may_not_look_in(tmp_path: Path) -> None:
    await put(Kept(tmp_path / "data" / "kept"), "n_1")
    assert stat.S_IMODE((tmp_path / "data" / "kept").stat().st_mode) == 0o700


async def test_the_order_is_that_of_the_first_putting(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    await put(kept, "n_b", "n_a", "n_c")
    await kept.put("local", NOTES, "n_b", {"id": "n_b", "changed": True})
    assert await ids(kept) == ["n_b", "n_a", "n_c"]
    assert (await kept.get("local", NOTES, "n_b"))["changed"]


async def test_callers_do_not_see_each_other(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    await put(kept, "n_1", caller="anna")
    assert await ids(kept, "bert") == []
    for forbidden in (kept.get, kept.content, kept.delete):
        with pytest.raises(NotFound):
            await forbidden("bert", NOTES, "n_1")
    assert await ids(kept, "anna") == ["n_1"]


async def test_the_oldest_leave_a_full_shelf(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    await put(kept, "n_1", "n_2", "n_3", "n_4")
    assert await ids(kept) == ["n_2", "n_3", "n_4"]
    await kept.put("local", NOTES, "n_5", {"id": "n_5"}, bytes(980))
    assert await ids(kept) == ["n_5"]


async def test_a_shelf_that_forgets_nothing_refuses(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    await put(kept, "p_1", "p_2", shelf=PAPERS)
    with pytest.raises(TooLarge, match="delete some"):
        await put(kept, "p_3", shelf=PAPERS)
    await put(kept, "p_2", shelf=PAPERS)  # replacing needs no room
    await kept.delete("local", PAPERS, "p_1")
    await put(kept, "p_3", shelf=PAPERS)
    assert await ids(kept, shelf=PAPERS) == ["p_2", "p_3"]


async def test_one_record_over_the_bound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="at most 1,000"):
        await Kept(tmp_path).put("local", NOTES, "n_1", {}, bytes(1000))


@pytest.mark.parametrize("id", ["../../secret", "", ".", "n_1/../n_1", "n\x00"])
async def test_no_id_leads_out_of_the_folder(tmp_path: Path, id: str) -> None:
    kept = Kept(tmp_path / "kept")
    (tmp_path / "secret").write_text("{}")
    await put(kept, "n_1")
    with pytest.raises(NotFound):
        await kept.get("local", NOTES, id)


async def test_a_half_written_file_is_no_record(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    await put(kept, "n_1")
    next((tmp_path / "local" / "notes").iterdir()).parent.joinpath(".00.n_2.xyz").write_bytes(b'{"id')
    assert await ids(kept) == ["n_1"]


WRITER = """
import asyncio, sys
from pathlib import Path
from duologue.server.kept import Kept, Shelf

async def write():
    kept, number = Kept(Path(sys.argv[1])), 0
    while True:
        await kept.put("local", Shelf("notes"), f"n_{number % 7}", {"id": number}, bytes(200_000))
        print(number, flush=True)
        number += 1

asyncio.run(write())
"""


def write_and_be_killed(folder: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 10:
            pass
        writer.kill()


async def test_killed_while_it_writes_it_leaves_only_whole_records(tmp_path: Path) -> None:
    await asyncio.to_thread(write_and_be_killed, tmp_path)
    kept = Kept(tmp_path)
    records = await kept.list("local", Shelf("notes"))
    assert len(records) == 7
    for number in range(7):
        assert await kept.content("local", Shelf("notes"), f"n_{number}") == bytes(200_000)

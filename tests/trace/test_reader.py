import pytest

from planner.errors import TraceFileError
from planner.trace.reader import read_trace
from tests.trace.searches import corridor_task, record


@pytest.fixture
def recorded(tmp_path):
    path = tmp_path / "t.jsonl"
    return path, record(path, corridor_task())


def test_every_cut_of_a_file_is_readable_or_refused_clearly(recorded):
    # given a whole file
    path, whole = recorded
    data = path.read_bytes()
    header_end = data.index(b"\n")

    for end in range(0, len(data), 7):
        # when its writer was killed anywhere
        path.write_bytes(data[:end])
        # then what was written is read, except within the header
        if end <= header_end:
            with pytest.raises(TraceFileError, match=r"t\.jsonl:1:1: "):
                read_trace(path)
            continue
        trace = read_trace(path)
        assert trace.expansions == whole.expansions[: len(trace.expansions)]
        assert trace.footer is None
        assert trace.notes


def test_a_damaged_line_is_named(recorded):
    path, _ = recorded
    lines = path.read_text().split("\n")
    lines[3] = lines[3].replace(":", ";", 1)
    path.write_text("\n".join(lines))

    with pytest.raises(TraceFileError, match=r"t\.jsonl:4:1: not a trace record: the checksum"):
        read_trace(path)


def test_a_missing_line_is_noticed_where_its_name_is_used(recorded):
    path, _ = recorded
    lines = [
        line for line in path.read_text().split("\n") if '"record":"name","number":0' not in line
    ]
    path.write_text("\n".join(lines))

    with pytest.raises(TraceFileError, match="step 0 has no name before this line"):
        read_trace(path)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{}\n", b"\xff\xfe\x00", b"[1]\n", b"(a b)\n", b"[" * 9999]
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "plan.txt"
    path.write_bytes(content)

    with pytest.raises(TraceFileError, match=r"plan\.txt:1:1: not a trace"):
        read_trace(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TraceFileError, match=r"nowhere\.jsonl: No such file"):
        read_trace(tmp_path / "nowhere.jsonl")


def test_two_searches_in_one_file_are_refused(recorded):
    path, _ = recorded
    path.write_text(path.read_text() * 2)

    with pytest.raises(TraceFileError, match="a second header"):
        read_trace(path)

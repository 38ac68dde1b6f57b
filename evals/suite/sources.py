"""Where the rows of a test are: one data file, all that a pattern matches, or a data set."""

from __future__ import annotations

from collections.abc import Iterator

from evals.errors import Problem, SuiteError
from evals.suite.datasets import read_records
from evals.suite.files import FileRefused, Files
from evals.suite.problems import Problems
from evals.suite.rows import Located
from evals.suite.written import WrittenDataset, WrittenTest

Path = tuple[str | int, ...]


def rows_of(test: WrittenTest, files: Files, problems: Problems, path: Path) -> Iterator[Located]:
    """Every row with the file that it is in; raises SuiteError at the first that is wrong."""
    key = "file" if test.file is not None else "dataset"
    try:
        if test.file is not None:
            yield from _in_files(test.file, test.delimiter, files)
        elif test.dataset is not None:
            yield from _in_dataset(test.dataset, files)
    except (FileRefused, OSError) as error:
        refused = error if isinstance(error, FileRefused) else FileRefused(str(error))
        details = (refused.remedy,) if refused.remedy else ()
        raise SuiteError(
            [Problem(problems.place((*path, key)), refused.message, details)]
        ) from error


def _in_files(written: str, delimiter: str | None, files: Files) -> Iterator[Located]:
    is_pattern = any(sign in written for sign in "*?[")
    for file in files.matching(written) if is_pattern else (files.find(written),):
        shown = files.name(file)
        for record in read_records(file, shown, delimiter=delimiter):
            yield shown, record


def _in_dataset(written: WrittenDataset, files: Files) -> Iterator[Located]:
    from evals.suite.tables import dataset  # a library that is imported for those who use it

    folder = files.find_folder(written.path) if written.path.startswith(("./", "../")) else None
    shown = f"{written.path if folder is None else files.name(folder)}:{written.split}"
    for record in dataset(written, folder, shown):
        yield shown, record

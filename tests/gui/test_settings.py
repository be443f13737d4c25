import pytest
from PySide6.QtCore import QByteArray

from vae_desktop.settings import RecentProject, Settings


@pytest.fixture
def file(tmp_path):
    return tmp_path / "deep" / "settings.ini"


def project(folder, title="Birds", detail="12 pictures"):
    folder.mkdir(exist_ok=True)
    return RecentProject(str(folder), title, detail)


def test_a_first_start_knows_nothing_and_does_not_fail(file):
    settings = Settings(file)
    assert settings.geometry.isEmpty()
    assert settings.layout.isEmpty()
    assert settings.recent() == []
    assert settings.last_project == ""
    assert settings.resume_training is False


def test_window_and_session_are_known_at_the_next_start(file):
    first = Settings(file)
    first.save_window(QByteArray(b"\x00\x01geometry"), QByteArray(b"layout\xff"))
    first.save_session("/pictures/bïrds & more", training=True)
    second = Settings(file)
    assert second.geometry == QByteArray(b"\x00\x01geometry")
    assert second.layout == QByteArray(b"layout\xff")
    assert second.last_project == "/pictures/bïrds & more"
    assert second.resume_training is True
    second.save_session("", training=True)
    assert Settings(file).resume_training is False


def test_recent_projects_are_newest_first_without_doubles_and_at_most_ten(file, tmp_path):
    settings = Settings(file)
    projects = [project(tmp_path / f"p{number}", f"Title, {number}; “x”\n") for number in range(12)]
    for each in projects:
        settings.add_recent(each)
    settings.add_recent(projects[5])
    paths = [each.path for each in Settings(file).recent()]
    assert paths == [projects[number].path for number in (5, 11, 10, 9, 8, 7, 6, 4, 3, 2)]
    assert Settings(file).recent()[0] == projects[5]


def test_a_project_that_is_gone_is_not_offered(file, tmp_path):
    settings = Settings(file)
    kept, gone = project(tmp_path / "kept"), project(tmp_path / "gone")
    settings.add_recent(kept)
    settings.add_recent(gone)
    (tmp_path / "gone").rmdir()
    assert settings.recent() == [kept]


def test_taking_a_project_off_the_list_leaves_the_others(file, tmp_path):
    settings = Settings(file)
    first, second = project(tmp_path / "first"), project(tmp_path / "second")
    settings.add_recent(first)
    settings.add_recent(second)
    settings.remove_recent(second.path)
    assert Settings(file).recent() == [first]


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff\xfe garbage \x89PNG",
        b"no section, no equals sign\n[[[\n%%%",
        b"[window]\ngeometry=hello\nlayout=42\n[projects]\nrecent=not json\n[session]\ntraining=maybe\n",
        b'[projects]\nrecent="[1, 2]"\n[session]\nproject=@Variant(\\0\\0\\0\\x7f)\n',
        b'[projects]\nrecent="[{\\"path\\": 3, \\"title\\": [], \\"detail\\": null}]"\n',
        b'[projects]\nrecent="{\\"path\\": \\"x\\"}"\n',
    ],
)
def test_a_broken_file_counts_as_none_and_can_be_used_again(file, tmp_path, content, caplog):
    file.parent.mkdir()
    file.write_bytes(content)
    settings = Settings(file)
    assert settings.geometry.isEmpty()
    assert settings.layout.isEmpty()
    assert settings.recent() == []
    assert settings.resume_training is False
    assert isinstance(settings.last_project, str)
    settings.add_recent(project(tmp_path / "birds"))
    assert [each.title for each in Settings(file).recent()] == ["Birds"]


def test_a_folder_in_place_of_the_file_does_no_harm(tmp_path):
    settings = Settings(tmp_path)
    settings.save_session("/somewhere", training=False)
    assert settings.recent() == []


def test_the_settings_chosen_for_a_project_are_its_own_and_known_at_the_next_start(file):
    settings = Settings(file)
    settings.save_chosen("/cats", {"batch_size": 16, "mirror": True, "xla": None})
    settings.save_chosen("/dogs", {})
    assert Settings(file).chosen("/cats") == {"batch_size": 16, "mirror": True, "xla": None}
    assert Settings(file).chosen("/dogs") == Settings(file).chosen("/birds") == {}


def test_broken_choices_count_as_none(file):
    file.parent.mkdir()
    file.write_text('[training]\nchosen="{\\"/cats\\": 3}"\n')
    assert Settings(file).chosen("/cats") == {}


def test_which_run_was_training_is_known_and_is_no_path_to_elsewhere(file):
    Settings(file).save_session("/cats", training=True, run="run-002")
    assert Settings(file).run_in_training == "run-002"
    Settings(file).save_session("/cats", training=True, run="../../elsewhere")
    assert Settings(file).run_in_training == ""

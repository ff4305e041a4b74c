"""Runs from files that others wrote: read safely, whatever is in them."""

import io
import json
import zipfile

import pytest

from questionnaires import runs
from questionnaires.runs import BadRuns

RUN = "0" * 31 + "a"


def folder(**more: str | bytes) -> bytes:
    """Zip a tracking folder of one experiment with one run, with *more* files or other contents."""
    files: dict[str, str | bytes] = {
        "mlruns/1/meta.yaml": "artifact_location: mlruns/1\nexperiment_id: '1'\nname: strokes\n",
        f"mlruns/1/{RUN}/meta.yaml": f"run_id: {RUN}\nrun_name: boosted-trees\nstart_time: 1761220800000\nstatus: 3\nlifecycle_stage: active\n",
        f"mlruns/1/{RUN}/metrics/found": "1761220801000 61.0 0\n1761220802000 74.125 1\n",
        f"mlruns/1/{RUN}/params/trees": "400",
        f"mlruns/1/{RUN}/tags/mlflow.source.git.commit": "e0b9a57",
        f"mlruns/1/{RUN}/artifacts/model/model.pkl": b"\x80\x04never read",
        **more,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


class TestAFolder:
    def test_is_read_with_the_last_value_of_each_metric(self):
        (run,) = runs.read("mlruns.zip", folder())

        assert (run.id, run.name, run.at, run.state) == (
            RUN,
            "boosted-trees",
            "2025-10-23T12:00:00+00:00",
            "FINISHED",
        )
        assert run.metrics == {"found": "74.125"}
        assert run.params == {"trees": "400"}
        assert run.tags == {"mlflow.source.git.commit": "e0b9a57"}

    def test_takes_the_last_step_and_not_the_last_line(self):
        (run,) = runs.read("r.zip", folder(**{f"mlruns/1/{RUN}/metrics/found": "3 70.5 10\n4 60 2\n"}))

        assert run.metrics["found"] == "70.5"

    def test_metrics_in_folders_keep_their_path(self):
        (run,) = runs.read("r.zip", folder(**{f"mlruns/1/{RUN}/metrics/test/gap": "1 4.5 0"}))

        assert run.metrics["test/gap"] == "4.5"

    @pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e300", "many"])
    def test_what_is_no_figure_is_left_out(self, value):
        (run,) = runs.read("r.zip", folder(**{f"mlruns/1/{RUN}/metrics/found": f"1 {value} 0"}))

        assert run.metrics == {}

    def test_deleted_runs_stay_out(self):
        meta = f"run_id: {RUN}\nlifecycle_stage: deleted\n"

        with pytest.raises(BadRuns, match="no run"):
            runs.read("r.zip", folder(**{f"mlruns/1/{RUN}/meta.yaml": meta}))

    def test_a_small_file_that_unpacks_to_gigabytes_is_refused(self):
        bomb = folder(**{f"mlruns/1/{RUN}/metrics/found": b"0" * (runs.MAX_METRIC + 1)})
        assert len(bomb) < 100_000

        with pytest.raises(BadRuns, match="far larger"):
            runs.read("r.zip", bomb)

    def test_many_members_of_a_fair_size_are_refused_in_total(self, monkeypatch):
        monkeypatch.setattr(runs, "MAX_READ", 10_000)

        with pytest.raises(BadRuns, match="far larger"):
            runs.read("r.zip", folder(**{f"mlruns/1/{RUN}/params/p{n}": "x" * 1000 for n in range(20)}))

    def test_too_many_files_are_refused(self, monkeypatch):
        monkeypatch.setattr(runs, "MAX_ENTRIES", 5)

        with pytest.raises(BadRuns, match="too many files"):
            runs.read("r.zip", folder())

    def test_references_in_yaml_are_refused(self):
        laughs = "a: &a [x, x]\nb: &b [*a, *a]\nrun_id: *b\n"

        with pytest.raises(BadRuns, match=r"meta\.yaml"):
            runs.read("r.zip", folder(**{f"mlruns/1/{RUN}/meta.yaml": laughs}))

    def test_objects_in_yaml_are_refused(self):
        with pytest.raises(BadRuns, match=r"meta\.yaml"):
            runs.read("r.zip", folder(**{f"mlruns/1/{RUN}/meta.yaml": "!!python/object/apply:os.getcwd []"}))

    def test_a_damaged_zip_is_told(self):
        with pytest.raises(BadRuns, match="damaged"):
            runs.read("r.zip", folder()[:200])

    def test_paths_that_climb_lead_nowhere(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

        runs.read("r.zip", folder(**{f"../../{RUN}/params/evil": "1", f"/etc/{RUN}/params/x": "1"}))

        assert list(tmp_path.iterdir()) == []


class TestAnExport:
    EXPORT = {
        "runs": [
            {
                "info": {
                    "run_id": RUN,
                    "run_name": "logistic",
                    "status": "FINISHED",
                    "start_time": 1761220800000,
                },
                "data": {
                    "metrics": [{"key": "found", "value": 63, "timestamp": 1, "step": 0}],
                    "params": [{"key": "penalty", "value": "l2"}],
                    "tags": [{"key": "hypothesis", "value": "Sums go most of the way"}],
                },
            }
        ]
    }

    def test_of_a_search_is_read(self):
        (run,) = runs.read("runs.json", json.dumps(self.EXPORT).encode())

        assert (run.name, run.metrics, run.params) == ("logistic", {"found": "63"}, {"penalty": "l2"})
        assert run.tags["hypothesis"] == "Sums go most of the way"

    def test_of_a_list_of_runs_is_read(self):
        assert len(runs.read("runs.json", json.dumps(self.EXPORT["runs"]).encode())) == 1

    @pytest.mark.parametrize("text", ["{", '{"runs": 3}', "[[[[", '{"runs": []}', "[" * 100_000])
    def test_what_is_none_is_told(self, text):
        with pytest.raises(BadRuns):
            runs.read("runs.json", text.encode())

    def test_odd_values_are_passed_over(self):
        odd = {"runs": [{"info": {"run_id": 7, "start_time": "soon"}, "data": {"metrics": [None, {"key": 3}], "params": "x"}}, 5]}  # fmt: skip

        (run,) = runs.read("runs.json", json.dumps(odd).encode())

        assert (run.id, run.at, run.metrics, run.params) == ("7", "", {}, {})

    def test_too_many_runs_are_refused(self):
        many = [{"info": {"run_id": str(n)}, "data": {}} for n in range(runs.MAX_RUNS + 1)]

        with pytest.raises(BadRuns, match="more than 500"):
            runs.read("runs.json", json.dumps(many).encode())


class TestATable:
    def test_with_prefixed_columns_is_read(self):
        text = "run_id,start_time,metrics.auc,params.depth,tags.mlflow.runName\nr1,2026-03-01 10:00:00,0.81,6,first\n"

        (run,) = runs.read("runs.csv", text.encode())

        assert (run.id, run.name, run.at) == ("r1", "first", "2026-03-01T10:00:00+00:00")
        assert (run.metrics, run.params) == ({"auc": "0.81"}, {"depth": "6"})

    def test_with_plain_columns_tells_figures_from_texts(self):
        (run,) = runs.read("runs.csv", b"\xef\xbb\xbfName;AUC;Model\nfirst;0.81;trees\n")

        assert (run.name, run.metrics, run.params) == ("first", {"AUC": "0.81"}, {"Model": "trees"})

    def test_without_ids_gives_each_row_its_own(self):
        found = runs.read("runs.csv", b"Name,AUC\nfirst,0.8\nfirst,0.9\n")

        assert len({run.id for run in found}) == 2

    @pytest.mark.parametrize("content", [b"", b"one\n", b"name,auc\n", b"name,auc\nx," + b"y" * 100_000])
    def test_what_is_none_is_told(self, content):
        with pytest.raises(BadRuns):
            runs.read("runs.csv", content)


class TestAnything:
    def test_too_large_is_refused_before_it_is_read(self, monkeypatch):
        monkeypatch.setattr(runs, "MAX_UPLOAD", 10)

        with pytest.raises(BadRuns, match="larger than"):
            runs.read("runs.csv", b"name,auc\nfirst,0.8\n")

    def test_else_is_told_what_can_be_read(self):
        with pytest.raises(BadRuns, match="none of the three"):
            runs.read("model.pkl", b"\x80\x04")

"""A doorbell carries an id and a version, and nothing else is answered."""

import json

import pytest

from tasks.jobs import JOB_VERSION, BadJob, RegistrationJob, SynthesisJob


def test_a_job_comes_through_json_as_it_went_in() -> None:
    job = SynthesisJob("e" * 32)
    body = json.loads(json.dumps(job.to_json()))
    assert body == {"utterance_id": "e" * 32, "version": JOB_VERSION}
    assert SynthesisJob.from_json(body) == job


@pytest.mark.parametrize(
    "body",
    [{}, {"version": JOB_VERSION}, {"utterance_id": "a"}, {"utterance_id": 7, "version": JOB_VERSION},
     {"utterance_id": "a", "version": JOB_VERSION + 1}],
)  # fmt: skip
def test_another_version_or_no_id_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(BadJob, match=f"known version: {JOB_VERSION}"):
        SynthesisJob.from_json(body)


def test_a_registration_comes_through_json_as_it_went_in() -> None:
    job = RegistrationJob("e" * 32)
    body = json.loads(json.dumps(job.to_json()))
    assert body == {"registration_id": "e" * 32, "version": JOB_VERSION}
    assert RegistrationJob.from_json(body) == job


@pytest.mark.parametrize("body", [{}, {"registration_id": 7, "version": JOB_VERSION}, {"utterance_id": "a"}])
def test_a_registration_of_another_kind_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(BadJob, match=f"known version: {JOB_VERSION}"):
        RegistrationJob.from_json(body)

"""Every fixture's events: built again as the objects of the official client, emitted by it, and compared.

In: the fixtures, the program, perhaps the folder of the specification. Out: what is wrong, a line each; exit code 1.
The client checks times, addresses and names when an object is made, and refuses keys that it does not know.
"""

import json
import logging
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
import referencing
from openlineage.client import OpenLineageClient, event_v2
from openlineage.client.generated import column_lineage_dataset, job_type_job, schema_dataset
from openlineage.client.transport.file import FileConfig, FileTransport

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target" / "debug" / "refract"
HEAD = {"_producer", "_schemaURL"}


def main(spec):
    logging.disable(logging.INFO)
    check = checker(pathlib.Path(spec)) if spec else None
    faults, events, columns = [], 0, 0
    for folder in sorted(path.parent for path in (ROOT / "fixtures").rglob("case.md")):
        command = [str(PROGRAM), "lineage", str(folder / "input"), "--format", "openlineage"]
        printed = subprocess.run(command, capture_output=True, text=True)
        if printed.returncode not in (0, 1):
            faults.append(f"{folder.name}: {printed.stderr.strip()}")
            continue
        told = json.loads(printed.stdout)
        events += len(told)
        columns += sum("columnLineage" in output.get("facets", {}) for event in told for output in event["outputs"])
        for event in told:
            for fault in [*emitted(event), *(check(event) if check else [])]:
                faults.append(f"{folder.name}: {event['job']['name']}: {fault}")
    print("\n".join(faults))
    against = "client and JSON Schemas" if check else "client"
    print(f"{events} events, {columns} with column lineage, against the official {against}: {len(faults)} faults")
    return 1 if faults or not columns else 0


def emitted(event):
    """What the client makes of an event that differs from it."""
    try:
        built = event_v2.JobEvent(
            eventTime=event["eventTime"],
            producer=event["producer"],
            job=event_v2.Job(**{**event["job"], "facets": facets(event["job"]["facets"])}),
            inputs=[event_v2.InputDataset(**dataset) for dataset in event["inputs"]],
            outputs=[
                event_v2.OutputDataset(**{**dataset, "facets": facets(dataset["facets"])}) for dataset in event["outputs"]
            ],
        )
        with tempfile.TemporaryDirectory() as place:
            log = pathlib.Path(place, "events")
            client = OpenLineageClient(transport=FileTransport(FileConfig(log_file_path=str(log), append=True)))
            client.emit(built)
            back = json.loads(log.read_text())
    except (TypeError, ValueError, KeyError) as error:
        return [f"the client refuses it: {error!r}"]
    return [] if lean(back) == lean(event) else [f"the client emits other content: {json.dumps(lean(back), sort_keys=True)}"]


def facets(given):
    """Facets as the client's own classes."""
    made = {}
    for name, value in given.items():
        producer, members = value["_producer"], {key: one for key, one in value.items() if key not in HEAD}
        if name == "columnLineage":
            fields = {
                column: column_lineage_dataset.Fields(inputFields=[source(one) for one in used["inputFields"]])
                for column, used in members["fields"].items()
            }
            members = {"fields": fields, "dataset": [source(one) for one in members["dataset"]]}
            made[name] = column_lineage_dataset.ColumnLineageDatasetFacet(**members, producer=producer)
        elif name == "schema":
            fields = [schema_dataset.SchemaDatasetFacetFields(**field) for field in members["fields"]]
            made[name] = schema_dataset.SchemaDatasetFacet(fields=fields, producer=producer)
        elif name == "jobType":
            made[name] = job_type_job.JobTypeJobFacet(**members, producer=producer)
        else:
            raise KeyError(f"no class of the client for the facet {name}")
        if made[name]._schemaURL != value["_schemaURL"]:
            raise ValueError(f"the facet {name} names {value['_schemaURL']}, the client {made[name]._schemaURL}")
    return made


def source(given):
    changes = [column_lineage_dataset.Transformation(**one) for one in given["transformations"]]
    return column_lineage_dataset.InputField(**{**given, "transformations": changes})


def lean(value):
    """Without keys that hold nothing, and without what the client adds of the machine that it runs on."""
    if isinstance(value, dict):
        kept = {key: lean(one) for key, one in value.items() if key not in ("tags", "environmentVariables")}
        return {key: one for key, one in kept.items() if one not in (None, {}, [])}
    return [lean(one) for one in value] if isinstance(value, list) else value


def checker(spec):
    """A function from an event to its faults by the schemas of the specification."""
    schemas = [json.loads(path.read_text()) for path in [spec / "OpenLineage.json", *sorted((spec / "facets").glob("*.json"))]]
    registry = referencing.Registry().with_resources(
        [(schema["$id"], referencing.Resource.from_contents(schema)) for schema in schemas if "$id" in schema]
    )
    known = {schema["$id"]: schema for schema in schemas if "$id" in schema}

    def faults(event):
        yield from by_address(event, event["schemaURL"])
        for holder in [event["job"], *event["inputs"], *event["outputs"]]:
            for facet in holder.get("facets", {}).values():
                yield from by_address(facet, facet["_schemaURL"])

    def by_address(value, address):
        if address.split("#")[0] not in known:
            yield f"the specification has no {address}"
            return
        rule = jsonschema.Draft202012Validator({"$ref": address}, registry=registry)
        for error in rule.iter_errors(value):
            yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"

    return lambda event: list(faults(event))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))

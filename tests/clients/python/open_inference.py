"""Asks a running mesh in the Open Inference Protocol, as tritonclient does: python3 open_inference.py HOST:PORT IMAGE REPORT

Inputs are sent raw and outputs are read raw, by their places. Exit code 0: all answers were as they should be. 1: one was not. 2: there is no mesh.
"""

import math
import os
import struct
import sys

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # Otherwise gRPC also logs the errors that it returns.

import grpc
from inference import open_inference_pb2 as oip, open_inference_pb2_grpc

PATIENCE = 60  # seconds
LARGEST_MESSAGE = 2**31 - 1
FORMATS = {"FP32": "f", "INT32": "i", "BOOL": "?"}


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def serialize_bytes(elements):
    """Each element after its length."""
    return b"".join(struct.pack("<I", len(element)) + element for element in elements)


def deserialize_bytes(raw):
    elements, at = [], 0
    while at < len(raw):
        (length,) = struct.unpack_from("<I", raw, at)
        elements.append(raw[at + 4 : at + 4 + length])
        at += 4 + length
    return elements


def serialize_bf16(values):
    """The upper halves of the floats."""
    return b"".join(struct.pack("<f", value)[2:] for value in values)


def request(model, **inputs):
    """Inputs by name: (datatype, shape, raw)."""
    asked = oip.ModelInferRequest(model_name=model, model_version="", id=model)
    for name, (datatype, shape, raw) in inputs.items():
        asked.inputs.add(name=name, datatype=datatype, shape=shape)
        asked.raw_input_contents.append(raw)
    return asked


def strings(*elements):
    return "BYTES", [len(elements), 1], serialize_bytes(elements)


def read(answer, name):
    """An output, with the raw bytes at its place."""
    expect(len(answer.outputs) == len(answer.raw_output_contents), "raw bytes for every output")
    for output, raw in zip(answer.outputs, answer.raw_output_contents):
        if output.name == name:
            if output.datatype == "BYTES":
                return deserialize_bytes(raw)
            count = math.prod(output.shape)
            return struct.unpack(f"<{count}{FORMATS[output.datatype]}", raw)
    raise AssertionError(f"an output {name}")


def describe(mesh):
    expect(mesh.ServerLive(oip.ServerLiveRequest(), timeout=PATIENCE).live, "a live server")
    expect(mesh.ModelReady(oip.ModelReadyRequest(name="medmoe"), timeout=PATIENCE).ready, "medmoe to be ready")
    models = mesh.RepositoryIndex(oip.RepositoryIndexRequest(), timeout=PATIENCE).models
    print("models: " + ", ".join(model.name for model in models))


def analyze(mesh, image, report):
    answer = mesh.ModelInfer(request("medmoe", IMAGE=strings(image, image), REPORT=strings(report, b"")), timeout=PATIENCE)
    expect(answer.id == "medmoe" and answer.model_version == "1", "the request's id and version 1")
    similarity = read(answer, "GLOBAL_SIMILARITY")
    expect(math.isfinite(similarity[0]) and math.isnan(similarity[1]), "a similarity for the report, NaN without one")
    probabilities = read(answer, "GATE_PROBABILITIES")
    expect(abs(sum(probabilities) - 2) < 1e-3, "probabilities that sum to 1 for each of two images")
    print(f"medmoe: expert {read(answer, 'EXPERT')[0].decode()}, similarity {similarity[0]:.3f}")


def halves(mesh):
    """Pixels that BF16 holds exactly, in BF16 and in FP32."""
    metadata = mesh.ModelMetadata(oip.ModelMetadataRequest(name="medmoe"), timeout=PATIENCE)
    _, *shape = next(tensor.shape for tensor in metadata.inputs if tensor.name == "PIXELS")
    values = [(i % 17 - 8) / 8 for i in range(math.prod(shape))]
    fp32 = struct.pack(f"<{len(values)}f", *values)
    embeddings = [
        read(mesh.ModelInfer(request("medmoe", PIXELS=(datatype, [1, *shape], raw)), timeout=PATIENCE), "IMAGE_EMBEDDING")
        for datatype, raw in (("FP32", fp32), ("BF16", serialize_bf16(values)))
    ]
    expect(max(abs(a - b) for a, b in zip(*embeddings)) < 1e-6, "the same embedding of the same pixels")
    print(f"BF16: as FP32, {len(embeddings[0])} values")


def texts(mesh, report):
    answer = mesh.ModelInfer(request("text_encoder", TEXT=strings(report, b"effusion")), timeout=PATIENCE)
    counts = read(answer, "WORD_COUNT")
    words = next(output.shape for output in answer.outputs if output.name == "WORDS")
    expect(list(words[:2]) == [2, max(counts)], "as many words as the longest text has")
    print(f"text_encoder: {counts[0]} and {counts[1]} words, truncated: {read(answer, 'TRUNCATED')[0]}")


def stream(mesh, image, report):
    asked = [request("medmoe", IMAGE=strings(image)), request("text_encoder", TEXT=strings(b" ")), request("gate", TEXT=strings(report))]
    answers = list(mesh.ModelStreamInfer(iter(asked), timeout=PATIENCE))
    expect([answer.infer_response.id for answer in answers] == ["medmoe", "text_encoder", "gate"], "answers in the order of the requests")
    expect([bool(answer.error_message) for answer in answers] == [False, True, False], "an error for the second request alone")
    print(f"stream: {answers[1].error_message}")


def main():
    if len(sys.argv) != 4:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    server, path, report = sys.argv[1:]
    with open(path, "rb") as file:
        image = file.read()
    report = report.encode()
    limits = [("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", LARGEST_MESSAGE)]
    with grpc.insecure_channel(server, limits) as channel:
        mesh = open_inference_pb2_grpc.GRPCInferenceServiceStub(channel)
        try:
            describe(mesh)
            analyze(mesh, image, report)
            halves(mesh)
            texts(mesh, report)
            stream(mesh, image, report)
        except grpc.RpcError as error:
            print(f"{server}: {error.code().name}: {error.details()}", file=sys.stderr)
            return 2 if error.code() == grpc.StatusCode.UNAVAILABLE else 1
        except AssertionError as error:
            print(f"expected {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

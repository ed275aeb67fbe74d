"""Calls every kind of rpc of a running mesh: python3 client.py HOST:PORT IMAGE [OPTION FILE]...

--authority FILE: PEM of the authority to trust; connects with TLS. --key FILE: its first line is the key to send.
--certificate FILE, --certificate-key FILE: PEM of a client certificate to show, and of its private key; they need --authority.

Exit code 0: all answers were as they should be. 1: one was not. 2: there is no mesh, it refuses the caller, or an option is wrong.
"""

import math
import os
import re
import struct
import sys

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # Otherwise gRPC also logs the errors that it returns.

import grpc
from medmoe.mesh.v1 import image_pb2, router_pb2, router_pb2_grpc

PATIENCE = 60  # seconds
REPORT = "There is a small nodule in the left upper zone. No effusion."
OPTIONS = ("--authority", "--key", "--certificate", "--certificate-key")
BEGIN = b"-----BEGIN CERTIFICATE-----"
NO_MESH_FOR_US = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)


class WrongOption(Exception):
    pass


class WithKey(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):
    """Sends a key with every call."""

    def __init__(self, key):
        self.metadata = [("authorization", f"Bearer {key}")]

    def intercept_unary_unary(self, call, details, request):
        return call(details._replace(metadata=self.metadata), request)

    intercept_stream_stream = intercept_unary_unary


def fresh(png):
    """The same picture as new content: PNG readers stop at the image's end, and the mesh's cache goes by the bytes."""
    return image_pb2.Image(encoded=png + os.urandom(16))


def numbers(tensor):
    return struct.unpack(f"<{math.prod(tensor.shape)}f", tensor.data)


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def embed_text(mesh, png):
    answer = mesh.EmbedText(router_pb2.EmbedTextRequest(texts=[REPORT, "pleural effusion"]), timeout=PATIENCE)
    a, b = (numbers(text.embedding) for text in answer.texts)
    cosine = sum(x * y for x, y in zip(a, b)) / (math.hypot(*a) * math.hypot(*b))
    expect(-1 <= cosine <= 1, f"a cosine of {cosine}")
    print(f"EmbedText: {len(answer.texts)} embeddings of {len(a)}, cosine {cosine:.3f}")


def analyze(mesh, png):
    answer = mesh.Analyze(router_pb2.AnalyzeRequest(image=fresh(png), report=REPORT, phrases=["nodule"]), timeout=PATIENCE)
    expect(len(answer.report.words) == len(answer.report.grounding.words) > 0, "a grounding for every word")
    expect(abs(sum(answer.gate.probabilities.values()) - 1) < 1e-3, "probabilities that sum to 1")
    words, seen = len(answer.report.words), answer.phrases[0].grounding.words[0]
    print(f"Analyze: expert {answer.gate.expert}, {words} words, nodule at {seen.peak_row},{seen.peak_column} of {answer.grid_side}")


def analyze_stream(mesh, png):
    def requests():
        for i in range(10):
            image = image_pb2.Image(encoded=b"not an image") if i == 4 else fresh(png)
            yield router_pb2.AnalyzeStreamRequest(request_id=str(i), request=router_pb2.AnalyzeRequest(image=image, report=REPORT))

    answers = {answer.request_id: answer for answer in mesh.AnalyzeStream(requests(), timeout=PATIENCE)}
    refused = [i for i, answer in answers.items() if answer.WhichOneof("result") == "error"]
    expect(len(answers) == 10 and refused == ["4"], f"{len(answers)} answers, refused: {refused}")
    print(f"AnalyzeStream: 9 answers, item 4 refused: {answers['4'].error.message}")


def classify(mesh, png):
    classes = [
        router_pb2.ClassPrompts(name="nodule", prompts=["a nodule", "There is a nodule in the lung."]),
        router_pb2.ClassPrompts(name="normal", prompts=["no abnormality", "The lungs are clear."]),
    ]
    answer = mesh.Classify(router_pb2.ClassifyRequest(image=fresh(png), classes=classes), timeout=PATIENCE)
    expect(abs(sum(c.probability for c in answer.classes) - 1) < 1e-3, "probabilities that sum to 1")
    print("Classify: " + ", ".join(f"{c.name} {c.probability:.3f}" for c in answer.classes))


def deadline(mesh, png):
    try:
        mesh.Analyze(router_pb2.AnalyzeRequest(image=fresh(png), report=REPORT), timeout=0.001)
    except grpc.RpcError as error:
        expect(error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, f"DEADLINE_EXCEEDED, not {error.code()}")
        print("deadline: DEADLINE_EXCEEDED")
    else:
        raise AssertionError("an answer within a millisecond")


def cancel(mesh, png):
    call = mesh.Analyze.future(router_pb2.AnalyzeRequest(image=fresh(png), report=REPORT), timeout=PATIENCE)
    call.cancel()
    try:
        call.result()
    except grpc.FutureCancelledError:
        print(f"cancel: {call.code().name}")
    else:
        raise AssertionError("an answer after it was cancelled")


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise WrongOption(f"{path}: {error.strerror}") from error


def read_options(arguments):
    """The content of the files, by the names of the options."""
    paths = dict(zip(arguments[::2], arguments[1::2]))
    if 2 * len(paths) != len(arguments) or not paths.keys() <= set(OPTIONS):
        raise WrongOption(f"after HOST:PORT IMAGE: {', '.join(f'{name} FILE' for name in OPTIONS)}, each once or not at all")
    if ("--certificate" in paths) != ("--certificate-key" in paths):
        raise WrongOption("--certificate and --certificate-key need each other")
    if "--certificate" in paths and "--authority" not in paths:
        raise WrongOption("--certificate needs --authority")
    return {name: read(path) for name, path in paths.items()}


def open_channel(server, files):
    if "--authority" in files:
        if BEGIN not in files["--authority"]:
            raise WrongOption("--authority: no certificate in the file")
        credentials = grpc.ssl_channel_credentials(files["--authority"], files.get("--certificate-key"), files.get("--certificate"))
        channel = grpc.secure_channel(server, credentials)
    else:
        channel = grpc.insecure_channel(server)
    if "--key" not in files:
        return channel
    key = files["--key"].decode(errors="replace").split("\n")[0].strip()
    if not re.fullmatch("[!-~]+", key):
        raise WrongOption("--key: the first line of the file is not a key")
    return grpc.intercept_channel(channel, WithKey(key))


def main():
    if len(sys.argv) < 3:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    server, image, *options = sys.argv[1:]
    try:
        png = read(image)
        channel = open_channel(server, read_options(options))
    except WrongOption as error:
        print(error, file=sys.stderr)
        return 2
    with channel:
        mesh = router_pb2_grpc.RouterServiceStub(channel)
        try:
            for call in (embed_text, analyze, analyze_stream, classify, deadline, cancel):
                call(mesh, png)
        except grpc.RpcError as error:
            print(f"{server}: {error.code().name}: {error.details()}", file=sys.stderr)
            return 2 if error.code() in NO_MESH_FOR_US else 1
        except AssertionError as error:
            print(f"expected {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

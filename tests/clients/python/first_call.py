import sys

import grpc
from medmoe.mesh.v1 import image_pb2, router_pb2, router_pb2_grpc

if len(sys.argv) != 4:
    sys.exit("usage: python3 first_call.py HOST:PORT IMAGE REPORT")
server, image, report = sys.argv[1:]
with grpc.insecure_channel(server) as channel, open(image, "rb") as file:
    mesh = router_pb2_grpc.RouterServiceStub(channel)
    answer = mesh.Analyze(router_pb2.AnalyzeRequest(image=image_pb2.Image(encoded=file.read()), report=report), timeout=30)

print(f"expert {answer.gate.expert}, probability {answer.gate.probabilities[answer.gate.expert]:.3f}")
for word, seen in zip(answer.report.words, answer.report.grounding.words):
    print(f"{word.text:16}{seen.similarity:6.2f}  looks at row {seen.peak_row}, column {seen.peak_column} of {answer.grid_side}")

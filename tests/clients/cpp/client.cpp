// Calls every kind of rpc of a running mesh: client HOST:PORT IMAGE
// Exit code 0: all answers were as they should be. 1: one was not. 2: there is no mesh.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "medmoe/mesh/v1/router.grpc.pb.h"

namespace {

using namespace medmoe::mesh::v1;
using namespace std::chrono_literals;

constexpr auto kPatience = 60s;
const std::string kReport = "There is a small nodule in the left upper zone. No effusion.";

/// An answer that is not as it should be.
struct Unexpected : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A call that failed.
struct Failed : std::runtime_error {
  explicit Failed(const grpc::Status& status) : std::runtime_error(status.error_message()), code(status.error_code()) {}
  grpc::StatusCode code;
};

void Expect(bool condition, const std::string& what) {
  if (!condition) throw Unexpected(what);
}

void Check(const grpc::Status& status) {
  if (!status.ok()) throw Failed(status);
}

/// A call's context with a deadline. It belongs to one call.
template <class Duration>
std::unique_ptr<grpc::ClientContext> Within(Duration patience) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + patience);
  return context;
}

/// The same picture as new content: PNG readers stop at the image's end, and the mesh's cache goes by the bytes.
AnalyzeRequest Fresh(const std::string& png) {
  static std::random_device random;
  AnalyzeRequest request;
  request.mutable_image()->set_encoded(png + std::to_string(random()) + std::to_string(random()));
  request.set_report(kReport);
  return request;
}

std::vector<float> Numbers(const WireTensor& tensor) {
  std::vector<float> numbers(tensor.data().size() / sizeof(float));
  std::memcpy(numbers.data(), tensor.data().data(), tensor.data().size());
  return numbers;
}

double Dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void EmbedText(RouterService::Stub& mesh, const std::string&) {
  EmbedTextRequest request;
  request.add_texts(kReport);
  request.add_texts("pleural effusion");
  EmbedTextResponse answer;
  Check(mesh.EmbedText(Within(kPatience).get(), request, &answer));
  Expect(answer.texts_size() == 2, "two embeddings");
  const auto a = Numbers(answer.texts(0).embedding()), b = Numbers(answer.texts(1).embedding());
  const double cosine = Dot(a, b) / std::sqrt(Dot(a, a) * Dot(b, b));
  Expect(std::abs(cosine) <= 1, "a cosine");
  std::printf("EmbedText: %d embeddings of %zu, cosine %.3f\n", answer.texts_size(), a.size(), cosine);
}

void Analyze(RouterService::Stub& mesh, const std::string& png) {
  auto request = Fresh(png);
  request.add_phrases("nodule");
  AnalyzeResponse answer;
  Check(mesh.Analyze(Within(kPatience).get(), request, &answer));
  Expect(answer.report().words_size() > 0 && answer.report().words_size() == answer.report().grounding().words_size(), "a grounding for every word");
  double sum = 0;
  for (const auto& [expert, probability] : answer.gate().probabilities()) sum += probability;
  Expect(std::abs(sum - 1) < 1e-3, "probabilities that sum to 1");
  const auto& seen = answer.phrases(0).grounding().words(0);
  std::printf("Analyze: expert %s, %d words, nodule at %d,%d of %d\n", answer.gate().expert().c_str(), answer.report().words_size(), seen.peak_row(),
              seen.peak_column(), answer.grid_side());
}

void AnalyzeStream(RouterService::Stub& mesh, const std::string& png) {
  const auto context = Within(kPatience);
  const auto stream = mesh.AnalyzeStream(context.get());
  for (int i = 0; i < 10; ++i) {
    AnalyzeStreamRequest request;
    request.set_request_id(std::to_string(i));
    *request.mutable_request() = Fresh(png);
    if (i == 4) request.mutable_request()->mutable_image()->set_encoded("not an image");
    Expect(stream->Write(request), "a stream that takes ten requests");
  }
  stream->WritesDone();
  std::map<std::string, AnalyzeStreamResponse> answers;
  for (AnalyzeStreamResponse answer; stream->Read(&answer);) answers[answer.request_id()] = answer;
  Check(stream->Finish());
  Expect(answers.size() == 10, "ten answers");
  for (const auto& [id, answer] : answers) Expect(answer.has_error() == (id == "4"), "item 4, and no other, refused");
  std::printf("AnalyzeStream: 9 answers, item 4 refused: %s\n", answers["4"].error().message().c_str());
}

void Classify(RouterService::Stub& mesh, const std::string& png) {
  ClassifyRequest request;
  request.mutable_image()->Swap(Fresh(png).mutable_image());
  for (const auto& [name, prompts] : std::map<std::string, std::vector<std::string>>{
           {"nodule", {"a nodule", "There is a nodule in the lung."}}, {"normal", {"no abnormality", "The lungs are clear."}}}) {
    auto* added = request.add_classes();
    added->set_name(name);
    for (const auto& prompt : prompts) added->add_prompts(prompt);
  }
  ClassifyResponse answer;
  Check(mesh.Classify(Within(kPatience).get(), request, &answer));
  Expect(answer.classes_size() == 2, "two classes");
  Expect(std::abs(answer.classes(0).probability() + answer.classes(1).probability() - 1) < 1e-3, "probabilities that sum to 1");
  std::printf("Classify: %s %.3f, %s %.3f\n", answer.classes(0).name().c_str(), answer.classes(0).probability(), answer.classes(1).name().c_str(),
              answer.classes(1).probability());
}

void Deadline(RouterService::Stub& mesh, const std::string& png) {
  AnalyzeResponse answer;
  const auto status = mesh.Analyze(Within(1ms).get(), Fresh(png), &answer);
  Expect(status.error_code() == grpc::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED");
  std::puts("deadline: DEADLINE_EXCEEDED");
}

void Cancel(RouterService::Stub& mesh, const std::string&) {
  const auto context = Within(kPatience);
  const auto stream = mesh.AnalyzeStream(context.get());
  context->TryCancel();
  AnalyzeStreamResponse answer;
  Expect(!stream->Read(&answer), "no answer");
  Expect(stream->Finish().error_code() == grpc::CANCELLED, "CANCELLED");
  std::puts("cancel: CANCELLED");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: client HOST:PORT IMAGE\n", stderr);
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "%s: no such file\n", argv[2]);
    return 2;
  }
  const std::string png((std::istreambuf_iterator<char>(file)), {});
  const auto mesh = RouterService::NewStub(grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
  try {
    for (const auto& call : {EmbedText, Analyze, AnalyzeStream, Classify, Deadline, Cancel}) call(*mesh, png);
    return 0;
  } catch (const Failed& failure) {
    std::fprintf(stderr, "%s: status %d: %s\n", argv[1], failure.code, failure.what());
    return failure.code == grpc::UNAVAILABLE ? 2 : 1;
  } catch (const Unexpected& unexpected) {
    std::fprintf(stderr, "%s: expected %s\n", argv[1], unexpected.what());
    return 1;
  }
}

// Calls every kind of rpc of a running mesh: client HOST:PORT IMAGE [OPTION FILE]...
// --authority FILE: PEM of the authority to trust; connects with TLS. --key FILE: its first line is the key to send.
// --certificate FILE, --certificate-key FILE: PEM of a client certificate to show, and of its private key; they need --authority.
// Exit code 0: all answers were as they should be. 1: one was not. 2: there is no mesh, it refuses the caller, or an option is wrong.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
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

/// Options or files that do not fit.
struct WrongOption : std::runtime_error {
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

/// A mesh, and the key to send to it, or none.
struct Mesh {
  std::unique_ptr<RouterService::Stub> stub;
  std::string key;

  /// A call's context with a deadline. It belongs to one call.
  template <class Duration>
  std::unique_ptr<grpc::ClientContext> Within(Duration patience) const {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + patience);
    if (!key.empty()) context->AddMetadata("authorization", "Bearer " + key);
    return context;
  }
};

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

void EmbedText(const Mesh& mesh, const std::string&) {
  EmbedTextRequest request;
  request.add_texts(kReport);
  request.add_texts("pleural effusion");
  EmbedTextResponse answer;
  Check(mesh.stub->EmbedText(mesh.Within(kPatience).get(), request, &answer));
  Expect(answer.texts_size() == 2, "two embeddings");
  const auto a = Numbers(answer.texts(0).embedding()), b = Numbers(answer.texts(1).embedding());
  const double cosine = Dot(a, b) / std::sqrt(Dot(a, a) * Dot(b, b));
  Expect(std::abs(cosine) <= 1, "a cosine");
  std::printf("EmbedText: %d embeddings of %zu, cosine %.3f\n", answer.texts_size(), a.size(), cosine);
}

void Analyze(const Mesh& mesh, const std::string& png) {
  auto request = Fresh(png);
  request.add_phrases("nodule");
  AnalyzeResponse answer;
  Check(mesh.stub->Analyze(mesh.Within(kPatience).get(), request, &answer));
  Expect(answer.report().words_size() > 0 && answer.report().words_size() == answer.report().grounding().words_size(), "a grounding for every word");
  double sum = 0;
  for (const auto& [expert, probability] : answer.gate().probabilities()) sum += probability;
  Expect(std::abs(sum - 1) < 1e-3, "probabilities that sum to 1");
  const auto& seen = answer.phrases(0).grounding().words(0);
  std::printf("Analyze: expert %s, %d words, nodule at %d,%d of %d\n", answer.gate().expert().c_str(), answer.report().words_size(), seen.peak_row(),
              seen.peak_column(), answer.grid_side());
}

void AnalyzeStream(const Mesh& mesh, const std::string& png) {
  const auto context = mesh.Within(kPatience);
  const auto stream = mesh.stub->AnalyzeStream(context.get());
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

void Classify(const Mesh& mesh, const std::string& png) {
  ClassifyRequest request;
  request.mutable_image()->Swap(Fresh(png).mutable_image());
  for (const auto& [name, prompts] : std::map<std::string, std::vector<std::string>>{
           {"nodule", {"a nodule", "There is a nodule in the lung."}}, {"normal", {"no abnormality", "The lungs are clear."}}}) {
    auto* added = request.add_classes();
    added->set_name(name);
    for (const auto& prompt : prompts) added->add_prompts(prompt);
  }
  ClassifyResponse answer;
  Check(mesh.stub->Classify(mesh.Within(kPatience).get(), request, &answer));
  Expect(answer.classes_size() == 2, "two classes");
  Expect(std::abs(answer.classes(0).probability() + answer.classes(1).probability() - 1) < 1e-3, "probabilities that sum to 1");
  std::printf("Classify: %s %.3f, %s %.3f\n", answer.classes(0).name().c_str(), answer.classes(0).probability(), answer.classes(1).name().c_str(),
              answer.classes(1).probability());
}

void Deadline(const Mesh& mesh, const std::string& png) {
  AnalyzeResponse answer;
  const auto status = mesh.stub->Analyze(mesh.Within(1ms).get(), Fresh(png), &answer);
  Expect(status.error_code() == grpc::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED");
  std::puts("deadline: DEADLINE_EXCEEDED");
}

void Cancel(const Mesh& mesh, const std::string&) {
  const auto context = mesh.Within(kPatience);
  const auto stream = mesh.stub->AnalyzeStream(context.get());
  context->TryCancel();
  AnalyzeStreamResponse answer;
  Expect(!stream->Read(&answer), "no answer");
  Expect(stream->Finish().error_code() == grpc::CANCELLED, "CANCELLED");
  std::puts("cancel: CANCELLED");
}

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.peek();  // A folder can be opened, but not read.
  if (!file.is_open() || file.bad()) throw WrongOption(path + ": cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The content of the files, by the names of the options.
using Files = std::map<std::string, std::string>;

Files ReadOptions(const std::vector<std::string>& arguments) {
  Files files;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const auto& name = arguments[i];
    const bool known = name == "--authority" || name == "--key" || name == "--certificate" || name == "--certificate-key";
    if (!known || files.count(name) || i + 1 == arguments.size()) {
      throw WrongOption("after HOST:PORT IMAGE: --authority FILE, --key FILE, --certificate FILE, --certificate-key FILE, each once or not at all");
    }
    files[name] = Read(arguments[i + 1]);
  }
  if (files.count("--certificate") != files.count("--certificate-key")) throw WrongOption("--certificate and --certificate-key need each other");
  if (files.count("--certificate") && !files.count("--authority")) throw WrongOption("--certificate needs --authority");
  return files;
}

Mesh Open(const std::string& server, Files files) {
  auto credentials = grpc::InsecureChannelCredentials();
  if (files.count("--authority")) {
    // gRPC would take an empty file for the system's authorities.
    if (files["--authority"].find("-----BEGIN CERTIFICATE-----") == std::string::npos) throw WrongOption("--authority: no certificate in the file");
    credentials = grpc::SslCredentials({files["--authority"], files["--certificate-key"], files["--certificate"]});
  }
  std::string key;
  if (files.count("--key")) {
    const auto& text = files["--key"];
    key = text.substr(0, text.find_first_of("\r\n"));
    if (key.empty() || !std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; })) {
      throw WrongOption("--key: the first line of the file is not a key");
    }
  }
  return {RouterService::NewStub(grpc::CreateChannel(server, credentials)), key};
}

/// A code as gRPC's documents write it, where the caller can do something about it.
std::string NameOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::UNAVAILABLE: return "UNAVAILABLE";
    case grpc::UNAUTHENTICATED: return "UNAUTHENTICATED";
    case grpc::PERMISSION_DENIED: return "PERMISSION_DENIED";
    default: return "";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: client HOST:PORT IMAGE [OPTION FILE]...\n", stderr);
    return 2;
  }
  setenv("GRPC_VERBOSITY", "NONE", 0);  // Otherwise gRPC also logs the errors that it returns.
  try {
    const auto png = Read(argv[2]);
    const auto mesh = Open(argv[1], ReadOptions({argv + 3, argv + argc}));
    for (const auto& call : {EmbedText, Analyze, AnalyzeStream, Classify, Deadline, Cancel}) call(mesh, png);
    return 0;
  } catch (const WrongOption& wrong) {
    std::fprintf(stderr, "%s\n", wrong.what());
    return 2;
  } catch (const Failed& failure) {
    const auto name = NameOf(failure.code);
    if (name.empty()) {
      std::fprintf(stderr, "%s: status %d: %s\n", argv[1], failure.code, failure.what());
      return 1;
    }
    std::fprintf(stderr, "%s: %s: %s\n", argv[1], name.c_str(), failure.what());
    return 2;
  } catch (const Unexpected& unexpected) {
    std::fprintf(stderr, "%s: expected %s\n", argv[1], unexpected.what());
    return 1;
  }
}

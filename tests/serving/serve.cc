// Answers questions by exported versions, as TensorFlow Serving does: through
// tensorflow::LoadSavedModel and the signatures' names, and without Python.
//
//     serve THREADS VERSION QUESTIONS ANSWERS [VERSION QUESTIONS ANSWERS ...]
//
// With 0 THREADS TensorFlow chooses how many. QUESTIONS and ANSWERS are files of
// records. Each record is a NameAttrList: the name of a signature, and named tensors. A
// question to "stream" has `x` with time first: it is answered by `initial_state` and
// one `step` after the other, which are given back their states. The answer is `y`, and
// `seconds`, how long each step took.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tensorflow/cc/saved_model/loader.h"
#include "tensorflow/core/framework/attr_value.pb.h"
#include "tensorflow/core/framework/tensor.h"
#include "tensorflow/core/framework/tensor_util.h"
#include "tensorflow/core/lib/io/record_reader.h"
#include "tensorflow/core/lib/io/record_writer.h"
#include "tensorflow/core/platform/env.h"

using tensorflow::Tensor;
using Tensors = std::map<std::string, Tensor>;

void check(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status.ToString() << std::endl;
  std::exit(1);
}

// A signature of a version, ready to be asked again and again.
class Signature {
 public:
  Signature(const tensorflow::SavedModelBundle& bundle, const std::string& name)
      : session_(*bundle.session) {
    const auto& signatures = bundle.meta_graph_def.signature_def();
    if (!signatures.contains(name)) check(absl::NotFoundError("no signature " + name));
    for (const auto& [word, tensor] : signatures.at(name).inputs()) {
      inputs_[word] = tensor.name();
    }
    for (const auto& [word, tensor] : signatures.at(name).outputs()) {
      outputs_.push_back(word);
      fetched_.push_back(tensor.name());
    }
  }

  Tensors operator()(const Tensors& values) const {
    std::vector<std::pair<std::string, Tensor>> given;
    for (const auto& [word, tensor] : inputs_) given.push_back({tensor, values.at(word)});
    std::vector<Tensor> found;
    check(session_.Run(given, fetched_, {}, &found));
    Tensors answer;
    for (size_t i = 0; i < found.size(); ++i) answer[outputs_[i]] = found[i];
    return answer;
  }

 private:
  tensorflow::Session& session_;
  std::map<std::string, std::string> inputs_;
  std::vector<std::string> outputs_, fetched_;
};

Tensors stream(const tensorflow::SavedModelBundle& bundle, const Tensor& x) {
  using Clock = std::chrono::steady_clock;
  const Signature initial_state(bundle, "initial_state"), step(bundle, "step");
  const auto steps = x.dim_size(0), batch = x.dim_size(1);
  Tensor streams(tensorflow::DT_FLOAT, {batch}), seconds(tensorflow::DT_DOUBLE, {steps});
  streams.flat<float>().setZero();
  Tensors values = initial_state({{"streams", streams}});
  std::vector<Tensor> answers;
  for (int64_t t = 0; t < steps; ++t) {
    values["x"] = tensorflow::tensor::DeepCopy(x.SubSlice(t));
    const auto start = Clock::now();
    values = step(values);
    seconds.vec<double>()(t) =
        std::chrono::duration<double>(Clock::now() - start).count();
    answers.push_back(values["y"]);
  }
  Tensor rows, y;
  check(tensorflow::tensor::Concat(answers, &rows));
  auto shape = answers.front().shape();
  shape.InsertDim(0, steps);
  if (!y.CopyFrom(rows, shape)) check(absl::InternalError("answers are not alike"));
  return {{"y", y}, {"seconds", seconds}};
}

void serve(int threads, const char* version, const char* questions,
           const char* answers) {
  tensorflow::SessionOptions options;
  options.config.set_inter_op_parallelism_threads(threads);
  options.config.set_intra_op_parallelism_threads(threads);
  tensorflow::SavedModelBundle bundle;
  check(tensorflow::LoadSavedModel(options, {}, version, {"serve"}, &bundle));
  std::unique_ptr<tensorflow::RandomAccessFile> from;
  std::unique_ptr<tensorflow::WritableFile> to;
  check(tensorflow::Env::Default()->NewRandomAccessFile(questions, &from));
  check(tensorflow::Env::Default()->NewWritableFile(answers, &to));
  tensorflow::io::SequentialRecordReader reader(from.get());
  tensorflow::io::RecordWriter writer(to.get());
  tensorflow::tstring record;
  while (reader.ReadRecord(&record).ok()) {
    tensorflow::NameAttrList question, answer;
    question.ParseFromString(std::string(record));
    Tensors values;
    for (const auto& [word, value] : question.attr()) {
      if (!values[word].FromProto(value.tensor())) {
        check(absl::InvalidArgumentError("no tensor " + word));
      }
    }
    const auto found = question.name() == "stream"
                           ? stream(bundle, values.at("x"))
                           : Signature(bundle, question.name())(values);
    answer.set_name(question.name());
    for (const auto& [word, value] : found) {
      value.AsProtoTensorContent((*answer.mutable_attr())[word].mutable_tensor());
    }
    check(writer.WriteRecord(answer.SerializeAsString()));
  }
  check(writer.Close());
  check(to->Close());
}

int main(int count, char** words) {
  for (int i = 2; i + 2 < count; i += 3) {
    serve(std::atoi(words[1]), words[i], words[i + 1], words[i + 2]);
  }
}

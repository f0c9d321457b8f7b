// losses/compat/torch.h, whose functions are to agree with PyTorch's own in every option: the input is the first input,
// the target the option "labels" or the second.
#include "bench/conformance/table.h"
#include "gibbs/losses/compat/torch.h"

namespace gibbs::conformance {
namespace {

namespace torch = losses::compat::torch;

torch::Reduction torch_reduction(const json& o) {
  const std::string name = o.at("reduction");
  return name == "none" ? torch::Reduction::none : name == "sum" ? torch::Reduction::sum : torch::Reduction::mean;
}

torch::KlReduction kl_reduction(const json& o) {
  return o.at("reduction") == "batchmean" ? torch::KlReduction::batchmean : torch::KlReduction(torch_reduction(o));
}
static_assert(static_cast<int>(torch::KlReduction::mean) == static_cast<int>(torch::Reduction::mean));

Variable cross_entropy(const Variables& x, const json& o) {
  const losses::Target target = o.contains("labels") ? losses::Target(tensor(o, "labels")) : x.at(1);
  return torch::cross_entropy(x.at(0), target,
                              {.weight = tensor(o, "weight"),
                               .ignore_index = o.value("ignore_index", std::int64_t{-100}),
                               .reduction = torch_reduction(o),
                               .label_smoothing = o.value("label_smoothing", 0.0)});
}

Function elementwise(Variable (*f)(const Variable&, const Variable&, torch::Reduction)) {
  return entry([f](const Variables& x, const json& o) { return f(x.at(0), x.at(1), torch_reduction(o)); });
}

}  // namespace

Table compat_table() {
  const std::string prefix = "losses::compat::torch::";
  return {
      {prefix + "cross_entropy", entry(cross_entropy)},
      {prefix + "kl_div", entry([](const Variables& x, const json& o) {
         return torch::kl_div(x.at(0), x.at(1), {.reduction = kl_reduction(o), .log_target = flag(o, "log_target")});
       })},
      {prefix + "binary_cross_entropy", entry([](const Variables& x, const json& o) {
         return torch::binary_cross_entropy(x.at(0), x.at(1),
                                            {.weight = tensor(o, "weight"), .reduction = torch_reduction(o)});
       })},
      {prefix + "binary_cross_entropy_with_logits", entry([](const Variables& x, const json& o) {
         return torch::binary_cross_entropy_with_logits(
             x.at(0), x.at(1),
             {.weight = tensor(o, "weight"), .reduction = torch_reduction(o), .pos_weight = tensor(o, "pos_weight")});
       })},
      {prefix + "l1_loss", elementwise(torch::l1_loss)},
      {prefix + "mse_loss", elementwise(torch::mse_loss)},
      {prefix + "huber_loss", entry([](const Variables& x, const json& o) {
         return torch::huber_loss(x.at(0), x.at(1), torch_reduction(o), o.at("delta"));
       })},
      {prefix + "smooth_l1_loss", entry([](const Variables& x, const json& o) {
         return torch::smooth_l1_loss(x.at(0), x.at(1), torch_reduction(o), o.at("beta"));
       })},
  };
}

}  // namespace gibbs::conformance

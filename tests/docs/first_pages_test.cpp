// The C++ of docs/primer.md and docs/network.md prints what the pages show below it.
// The headers *_snippets.h are made from the pages by extract_snippets.py.
#include "network_snippets.h"
#include "primer_snippets.h"
#include "tests/docs/printed_by.h"

namespace gibbs {
namespace {

TEST(Primer, TheTapeFindsTheGradientsOfThePage) { EXPECT_EQ(printed_by(primer::program_1), primer::output_1); }

TEST(Network, TheSummaryIsThePages) { EXPECT_EQ(printed_by(network::program_1), network::output_1); }

}  // namespace
}  // namespace gibbs

// The C++ of docs/lesson.md prints what the page shows below it.
// lesson_snippets.h is made from docs/lesson.md by extract_snippets.py.
#include "lesson_snippets.h"
#include "tests/docs/printed_by.h"

namespace gibbs {
namespace {

TEST(Lesson, TheWormsCostWhatThePageSays) { EXPECT_EQ(printed_by(lesson::program_1), lesson::output_1); }

TEST(Lesson, TheGradientsAreWhatThePageSays) { EXPECT_EQ(printed_by(lesson::program_2), lesson::output_2); }

}  // namespace
}  // namespace gibbs

#include "gibbs/data/detail/jpeg_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "gibbs/data/detail/jpeg_scan.h"
#include "gibbs/data/detail/jpeg_segment.h"

namespace gibbs::data {
namespace {

constexpr int kTables = 4;       // of each kind
constexpr int kMostScans = 500;  // a file of ten has many; each costs a pass over the picture, however short it is
constexpr int kNothingYet = 16;  // of a coefficient, no bit has been sent
struct Component {
  std::uint32_t id;
  int horizontal, vertical;
  std::size_t quantisation;
  std::int64_t blocks_wide = 0, blocks_high = 0;
  std::array<int, 64> low = {};  // by coefficient: the lowest bit that scans have given, or kNothingYet
  std::vector<std::uint64_t> not_zero = {};
};

class JpegCheck {
 public:
  explicit JpegCheck(const PictureBytes& file) : file_(file) {}

  void run() {
    std::size_t next = 2;
    for (JpegSegment segment; (segment = next_segment(file_, next)).marker != kEnd;) {
      next = segment.end();
      if (segment.marker == kScan) {
        next = scan(segment);
      } else if (is_frame(segment.marker)) {
        frame(segment);
      } else {
        other(segment);
      }
    }
    file_.require(!components_.empty(), next, "the picture ends without a frame header");
    for (std::size_t c = 0; c < components_.size(); ++c) {
      file_.require(components_[c].low[0] != kNothingYet, next, "the picture ends without a scan of component ", c);
    }
  }

 private:
  void frame(const JpegSegment& segment) {
    file_.require(components_.empty(), segment.offset, "a second frame header");
    const ImageSize size = frame_size(file_, segment);
    progressive_ = segment.marker == kProgressive;
    int most_horizontal = 1, most_vertical = 1;
    for (std::size_t i = 6; i < segment.body.size(); i += 3) {
      Component c{.id = segment.body[i],
                  .horizontal = segment.body[i + 1] >> 4,
                  .vertical = segment.body[i + 1] & 15,
                  .quantisation = segment.body[i + 2]};
      file_.require(c.horizontal >= 1 && c.horizontal <= 4 && c.vertical >= 1 && c.vertical <= 4,
                    segment.begin() + i + 1, "sampling factors ", c.horizontal, "x", c.vertical, "; expected 1 to 4");
      file_.require(c.quantisation < kTables, segment.begin() + i + 2, "quantisation table ", c.quantisation,
                    "; expected 0 to 3");
      c.low.fill(kNothingYet);
      most_horizontal = std::max(most_horizontal, c.horizontal);
      most_vertical = std::max(most_vertical, c.vertical);
      components_.push_back(std::move(c));
    }
    const auto blocks = [](std::int64_t pixels, int part, int whole) {
      return ((pixels * part + whole - 1) / whole + 7) / 8;
    };
    for (Component& c : components_) {
      file_.require(most_horizontal % c.horizontal == 0 && most_vertical % c.vertical == 0, segment.begin() + 6,
                    "sampling factors ", c.horizontal, "x", c.vertical, " do not divide the largest, ", most_horizontal,
                    "x", most_vertical, kSaveAgain);
      c.blocks_wide = blocks(size.width, c.horizontal, most_horizontal);
      c.blocks_high = blocks(size.height, c.vertical, most_vertical);
    }
    mcus_wide_ = blocks(size.width, 1, most_horizontal);
    mcus_high_ = blocks(size.height, 1, most_vertical);
    height_ = size.height;
  }

  void other(const JpegSegment& segment) {
    const auto& body = segment.body;
    switch (segment.marker) {
      case kQuantisationTables:
        return quantisation_tables(segment);
      case kHuffmanTables:
        return huffman_tables(segment);
      case kRestartInterval:
        file_.require(body.size() == 2, segment.offset, "a restart interval of ", body.size(), " bytes; expected 2");
        restart_interval_ = file_.big16(segment.begin());
        return;
      case kNumberOfLines:
        file_.require(body.size() == 2 && file_.big16(segment.begin()) == height_, segment.offset,
                      "the height is not the frame header's", kSaveAgain);
        return;
      default:
        const bool is_note =
            (segment.marker >= kJfif && segment.marker <= kLastApplication) || segment.marker == kComment;
        file_.require(is_note, segment.offset,
                      fmt::format("marker FF {:02X}, which no picture of this kind has", segment.marker), kSaveAgain);
        return colour_marks(segment);
    }
  }

  void quantisation_tables(const JpegSegment& segment) {
    const auto& body = segment.body;
    for (std::size_t at = 0; at < body.size();) {
      const std::size_t bytes = 1 + body[at] / 16, table = body[at] % 16, begin = at;
      file_.require(bytes <= 2 && table < kTables && at + 1 + 64 * bytes <= body.size(), segment.begin() + begin,
                    "no quantisation table of 64 numbers of 1 or 2 bytes, called 0 to 3");
      std::vector<std::uint32_t> values;
      for (at += 1; values.size() < 64; at += bytes) {
        values.push_back(bytes == 1 ? body[at] : file_.big16(segment.begin() + at));
      }
      std::vector<std::uint32_t>& kept = quantisation_[table];
      file_.require(kept.empty() || kept == values || !progressive_ || scans_ == 0, segment.begin() + begin,
                    "quantisation table ", table, " changes between scans", kSaveAgain);
      kept = std::move(values);
    }
  }

  void huffman_tables(const JpegSegment& segment) {
    auto rest = segment.body;
    while (!rest.empty()) {
      const std::size_t offset = segment.end() - rest.size();
      const std::size_t kind = rest[0] / 16, table = rest[0] % 16;
      file_.require(kind < 2 && table < kTables && rest.size() >= 17, offset,
                    "no Huffman table for DC or AC, called 0 to 3, with 16 counts");
      const auto counts = rest.subspan(1, 16);
      std::size_t symbols = 0;
      for (const std::uint8_t count : counts) {
        symbols += count;
      }
      file_.require(HuffmanTable::fit_codes(counts), offset, "a Huffman table of ", symbols,
                    " codes of lengths that leave no room for them");
      file_.require(rest.size() >= 17 + symbols, offset, "a Huffman table of ", symbols, " codes but ",
                    rest.size() - 17, " symbols");
      huffman_[kind][table] = HuffmanTable(counts, rest.subspan(17, symbols));
      rest = rest.subspan(17 + symbols);
    }
  }

  /// What stb_image makes of the notes that say which colours the components are.
  void colour_marks(const JpegSegment& segment) {
    const auto begins_with = [&](const std::string& tag) {
      return segment.body.size() >= tag.size() && std::equal(tag.begin(), tag.end(), segment.body.begin());
    };
    const bool is_jfif = segment.marker == kJfif && begins_with({'J', 'F', 'I', 'F', '\0'});
    const bool is_adobe =
        segment.marker == kAdobe && segment.body.size() >= 12 && begins_with({'A', 'd', 'o', 'b', 'e', '\0'});
    file_.require(!(is_jfif || is_adobe) || scans_ == 0, segment.offset, "colours are declared after a scan",
                  kSaveAgain);
    jfif_ = jfif_ || is_jfif;
    adobe_transform_ = is_adobe ? segment.body[11] : adobe_transform_;
  }

  void check_colours(std::size_t offset) const {
    const bool adobe_cmyk = adobe_transform_ == 0 || adobe_transform_ == 2;
    file_.require(components_.size() != 4 || adobe_cmyk, offset,
                  "four components without Adobe's marker, which tells CMYK from YCCK; convert the picture to RGB");
    const bool named_rgb =
        components_.size() == 3 && components_[0].id == 'R' && components_[1].id == 'G' && components_[2].id == 'B';
    file_.require(!named_rgb || (!jfif_ && adobe_transform_.value_or(0) == 0), offset,
                  "components called R, G and B, which the JFIF or Adobe marker says are Y, Cb and Cr", kSaveAgain);
  }

  /// Gives the offset behind the scan's data.
  std::size_t scan(const JpegSegment& segment) {
    const auto& body = segment.body;
    const std::size_t count = body.empty() ? 0 : body[0];
    file_.require(count >= 1 && count <= components_.size() && body.size() == 4 + 2 * count, segment.offset,
                  "a scan header of ", body.size(), " bytes for ", count, " of ", components_.size(), " components");
    file_.require(++scans_ <= kMostScans, segment.offset, "more than ", kMostScans, " scans", kSaveAgain);
    check_colours(segment.offset);
    Scan scan{.mcus_wide = mcus_wide_,
              .mcus_high = mcus_high_,
              .progressive = progressive_,
              .first = body[body.size() - 3],
              .last = progressive_ ? body[body.size() - 2] : 63,
              .high = body[body.size() - 1] >> 4,
              .low = body[body.size() - 1] & 15,
              .restart_interval = restart_interval_};
    const bool fits = progressive_ ? scan.first <= scan.last && scan.last <= 63 && scan.high <= 13 && scan.low <= 13 &&
                                         (scan.first > 0 ? count == 1 : scan.last == 0)
                                   : scan.first == 0 && scan.high == 0 && scan.low == 0;
    file_.require(fits, segment.offset, "a scan of coefficients ", scan.first, " to ", scan.last, ", bits ", scan.high,
                  " to ", scan.low, ", of ", count, " components");
    for (std::size_t i = 0; i < count; ++i) {
      scan.components.push_back(scan_component(segment, i, scan));
    }
    return read_scan(file_, segment.end(), scan);
  }

  /// The i-th component of a scan, with the tables that it uses.
  ScanComponent scan_component(const JpegSegment& segment, std::size_t i, const Scan& scan) {
    const std::size_t offset = segment.begin() + 1 + 2 * i;
    const auto found = std::find_if(components_.begin(), components_.end(),
                                    [&](const Component& c) { return c.id == segment.body[1 + 2 * i]; });
    file_.require(found != components_.end(), offset, "a scan of component ", int{segment.body[1 + 2 * i]},
                  ", which the frame header lacks");
    send_bits(*found, scan, offset);
    file_.require(!quantisation_[found->quantisation].empty(), offset, "the scan needs quantisation table ",
                  found->quantisation, ", which no segment before it defines");
    const std::size_t dc = segment.body[2 + 2 * i] / 16, ac = segment.body[2 + 2 * i] % 16;
    file_.require(dc < kTables && ac < kTables, offset + 1, "Huffman tables ", dc, " and ", ac, "; expected 0 to 3");
    const bool needs_dc = scan.first == 0 && scan.high == 0, needs_ac = !progressive_ || scan.first > 0;
    file_.require(!needs_dc || huffman_[0][dc].defined(), offset + 1, "the scan needs DC Huffman table ", dc,
                  ", which no segment before it defines");
    file_.require(!needs_ac || huffman_[1][ac].defined(), offset + 1, "the scan needs AC Huffman table ", ac,
                  ", which no segment before it defines");
    if (progressive_ && needs_ac && found->not_zero.empty()) {
      found->not_zero.resize(static_cast<std::size_t>(found->blocks_wide * found->blocks_high));
    }
    return {.blocks_wide = found->blocks_wide,
            .blocks_high = found->blocks_high,
            .horizontal = found->horizontal,
            .vertical = found->vertical,
            .dc = &huffman_[0][dc],
            .ac = &huffman_[1][ac],
            .not_zero = &found->not_zero};
  }

  /// Each bit of each coefficient comes once, from the upper ones down, and DC before AC (G.1.1.1).
  void send_bits(Component& component, const Scan& scan, std::size_t offset) const {
    bool in_order = scan.first == 0 || component.low[0] != kNothingYet;
    for (int k = scan.first; k <= scan.last; ++k) {
      in_order = in_order && (scan.high == 0 ? component.low[k] == kNothingYet
                                             : component.low[k] == scan.high && scan.low == scan.high - 1);
      component.low[k] = scan.low;
    }
    file_.require(in_order, offset, "a scan that repeats another, or comes before one that it refines");
  }

  const PictureBytes& file_;
  std::vector<Component> components_ = {};
  bool progressive_ = false;
  std::int64_t mcus_wide_ = 0, mcus_high_ = 0, height_ = 0;
  int scans_ = 0;
  std::int64_t restart_interval_ = 0;
  std::array<std::vector<std::uint32_t>, kTables> quantisation_ = {};  // empty: not defined
  std::array<std::array<HuffmanTable, kTables>, 2> huffman_ = {};      // for DC and for AC
  bool jfif_ = false;
  std::optional<std::uint32_t> adobe_transform_ = {};
};

}  // namespace

ImageSize jpeg_size(std::span<const std::uint8_t> bytes, const std::string& name) {
  const PictureBytes file(bytes, name);
  std::size_t next = 2;
  while (true) {
    const JpegSegment segment = next_segment(file, next);
    if (is_frame(segment.marker)) {
      return frame_size(file, segment);
    }
    file.require(segment.marker != kScan && segment.marker != kEnd, segment.offset,
                 "the frame header, which tells the size, is missing");
    next = segment.end();
  }
}

void check_jpeg(std::span<const std::uint8_t> bytes, const std::string& name) {
  const PictureBytes file(bytes, name);
  JpegCheck(file).run();
}

}  // namespace gibbs::data

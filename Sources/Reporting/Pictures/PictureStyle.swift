internal import TransformerModels

/// The look of all pictures: one style sheet without variables, which viewers of SVG files often do not know.
enum PictureStyle {
  /// The style sheet, for light and for dark.
  static var sheet: String {
    rules(light) + "@media (prefers-color-scheme: dark) {\n" + rules(dark) + "}\n"
  }

  /// Faces without serifs, of all systems.
  ///
  /// Without quotation marks: in HTML a style sheet is read as it stands, with no entities.
  static let fonts =
    "-apple-system,Segoe UI,Roboto,Helvetica Neue,Noto Sans,Liberation Sans,DejaVu Sans,Arial,sans-serif"

  /// Colours by what they stand for.
  struct Palette {
    var ground, ink, muted, grid: String
    /// By activity, those of several last: blocks, and text on them.
    var kinds, onKinds: [String]
    var accent: String
  }

  // Okabe and Ito's palette, which readers with any colour vision tell apart; deeper or paler to suit the ground.
  private static let light = Palette(
    ground: "#ffffff", ink: "#1f2328", muted: "#59636e", grid: "#d8dee4",
    kinds: [
      "#0072b2", "#3d9fd6", "#e69f00", "#cc79a7", "#882255", "#f0e442", "#009e73", "#d55e00", "#8a6d3b", "#7f7f7f",
    ],
    onKinds: [
      "#ffffff", "#10161c", "#10161c", "#10161c", "#ffffff", "#10161c", "#ffffff", "#ffffff", "#ffffff", "#ffffff",
    ], accent: "#b00020")
  private static let dark = Palette(
    ground: "#14181d", ink: "#e6edf3", muted: "#9aa4af", grid: "#333b44",
    kinds: [
      "#4aa3df", "#8fd0f5", "#f0b429", "#e39cc4", "#c4688f", "#f5ee8a", "#2fc598", "#ff8a3d", "#c7a56b", "#9a9a9a",
    ],
    onKinds: Array(repeating: "#0b0f13", count: Activity?.drawn.count), accent: "#ffffff")

  private static func rules(_ palette: Palette) -> String {
    var rules = [
      ".picture text{font-family:\(fonts);font-size:12px;"
        + "fill:\(palette.ink)}",
      ".picture .ground{fill:\(palette.ground)}",
      ".picture .muted{fill:\(palette.muted)}",
      ".picture .small{font-size:11px;fill:\(palette.muted)}",
      ".picture .strong{font-weight:600}",
      ".picture .grid{stroke:\(palette.grid);stroke-width:1;fill:none}",
      ".picture .fine{stroke:\(palette.grid);stroke-width:0.5;fill:none}",
      ".picture .axis{stroke:\(palette.muted);stroke-width:1;fill:none}",
      ".picture .leader{stroke:\(palette.muted);stroke-width:0.7;fill:none}",
      ".picture .roof{stroke:\(palette.ink);stroke-width:2;fill:none;stroke-linejoin:round}",
      ".picture .under{stroke:\(palette.muted);stroke-width:1.2;stroke-dasharray:5 4;fill:none}",
      ".picture .lane{fill:\(palette.grid);fill-opacity:0.45}",
      ".picture .chain{fill:\(palette.accent)}",
    ]
    for (kind, color) in zip(Activity?.drawn.map(\.style), palette.onKinds) {
      rules.append(".picture .on-\(kind){font-size:11px;fill:\(color)}")
    }
    for (kind, color) in zip(Activity?.drawn.map(\.style), palette.kinds) {
      rules.append(".picture .\(kind){fill:\(color)}")
      rules.append(".picture .ring-\(kind){stroke:\(color);stroke-width:2;fill:\(palette.ground)}")
      rules.append(".picture .bar-\(kind){stroke:\(color);stroke-width:1.4;fill:none}")
    }
    return rules.joined(separator: "\n") + "\n"
  }
}

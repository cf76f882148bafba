internal import ArgumentParser

/// The model that a command is about, as its first argument.
struct ModelArgument: ParsableArguments {
  @Argument(help: "reference, another built-in model, or the path of a Hugging Face config.json or its folder.")
  var model = "reference"
}

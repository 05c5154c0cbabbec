// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.text.TextOptions;
import dev.awp.text.Windows;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that says where texts are in rows of data. */
public final class TextArguments {
  @Option(
      names = "--text-field",
      paramLabel = "NAME",
      description = {
        "Field or column that holds the text where texts are rows (JSON, CSV, Parquet). Default: a"
            + " usual name such as text, content or messages, or the only field with text."
      })
  private String field;

  @Option(
      names = "--windows",
      paramLabel = "model|papers",
      defaultValue = "model",
      description = {
        "What every window of tokens begins with. model: the tokens that the tokenizer puts before"
            + " a text, where it does, as the model sees all texts in use. papers: whatever the"
            + " text has there. Default: ${DEFAULT-VALUE}."
      })
  private Windows windows;

  public TextOptions toOptions() {
    return new TextOptions(Optional.ofNullable(field), windows);
  }
}

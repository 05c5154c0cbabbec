// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

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

  public Optional<String> field() {
    return Optional.ofNullable(field);
  }
}

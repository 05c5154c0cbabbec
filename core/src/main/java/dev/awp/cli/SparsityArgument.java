// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.AwpException;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The words of {@code --sparsity}: a share of zeros such as 0.5, or a pattern such as 2:4. */
record SparsityArgument(String text) {
  private static final Pattern PATTERN = Pattern.compile("(\\d{1,4}):(\\d{1,4})");

  static final class Converter implements ITypeConverter<SparsityArgument> {
    @Override
    public SparsityArgument convert(String value) {
      return of(value);
    }
  }

  static SparsityArgument of(String value) {
    if (!PATTERN.matcher(value).matches()) {
      try {
        var _ = Double.parseDouble(value);
      } catch (NumberFormatException e) {
        throw new TypeConversionException(
            "'" + value + "' is neither a share of zeros such as 0.5 nor a pattern such as 2:4");
      }
    }
    return new SparsityArgument(value);
  }

  Sparsity toSparsity() {
    try {
      Matcher pattern = PATTERN.matcher(text);
      if (pattern.matches()) {
        return new NmSparsity(
            Integer.parseInt(pattern.group(1)), Integer.parseInt(pattern.group(2)));
      }
      double ratio = Double.parseDouble(text);
      if (ratio == 0) {
        throw new IllegalArgumentException(
            "the share of zeros must lie between 0 and 1, not " + ratio);
      }
      return new RowSparsity(ratio);
    } catch (IllegalArgumentException e) {
      throw new AwpException("--sparsity " + text + ": " + e.getMessage(), e);
    }
  }
}

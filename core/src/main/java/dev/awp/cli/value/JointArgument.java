// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The words of {@code --joint}: a sparsity and bits, such as 0.5+4 or 2:4+4. */
public record JointArgument(SparsityArgument sparsity, int bits) {
  /** Reads them. */
  public static final class Converter implements ITypeConverter<JointArgument> {
    @Override
    public JointArgument convert(String value) {
      int plus = value.indexOf('+');
      if (plus < 1 || plus == value.length() - 1) {
        throw new TypeConversionException(
            "'" + value + "': a sparsity and bits are expected, such as 0.5+4 or 2:4+4");
      }
      return new JointArgument(
          SparsityArgument.of(value.substring(0, plus)),
          new Ranges.Bits().convert(value.substring(plus + 1)));
    }
  }
}

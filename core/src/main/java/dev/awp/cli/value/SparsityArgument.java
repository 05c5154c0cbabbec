// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import dev.awp.constraint.Sparsity;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The words of {@code --sparsity}: a share of zeros such as 0.5, or a pattern such as 2:4. */
public record SparsityArgument(String text) {
  public static final class Converter implements ITypeConverter<SparsityArgument> {
    @Override
    public SparsityArgument convert(String value) {
      return of(value);
    }
  }

  public static SparsityArgument of(String value) {
    try {
      var _ = Sparsity.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
    return new SparsityArgument(value);
  }

  public Sparsity toSparsity() {
    return Sparsity.parse(text);
  }
}

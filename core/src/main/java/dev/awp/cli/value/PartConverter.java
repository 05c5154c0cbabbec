// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import dev.awp.calibrate.WindowPart;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A part of several, as in 3/8. */
public final class PartConverter implements ITypeConverter<WindowPart> {
  @Override
  public WindowPart convert(String value) {
    if (value.matches("\\d{1,6}/\\d{1,6}")) {
      int slash = value.indexOf('/');
      int index = Integer.parseInt(value.substring(0, slash));
      int of = Integer.parseInt(value.substring(slash + 1));
      if (index >= 1 && index <= of) {
        return new WindowPart(index, of);
      }
    }
    throw new TypeConversionException(
        "'%s' is no part such as 3/8, the third of eight".formatted(value));
  }
}

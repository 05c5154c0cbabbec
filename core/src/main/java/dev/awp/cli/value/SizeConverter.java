// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes as Hugging Face tools spell them: 5GB is 5,000,000,000 bytes, 5GiB is 5 x 2^30. */
public final class SizeConverter implements ITypeConverter<Long> {
  private static final Pattern SIZE = Pattern.compile("([0-9.]+)\\s*([KMGT]?)(I?)B?");

  @Override
  public Long convert(String value) {
    Matcher matcher = SIZE.matcher(value.toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw invalid(value);
    }
    int power = "KMGT".indexOf(matcher.group(2)) + (matcher.group(2).isEmpty() ? 0 : 1);
    long unit = matcher.group(3).isEmpty() ? 1000 : 1024;
    try {
      long bytes =
          new BigDecimal(matcher.group(1))
              .multiply(BigDecimal.valueOf(unit).pow(power))
              .toBigInteger()
              .longValueExact();
      if (bytes < 1) {
        throw new TypeConversionException("'" + value + "' is less than 1 byte");
      }
      return bytes;
    } catch (ArithmeticException | NumberFormatException e) {
      throw invalid(value);
    }
  }

  private static TypeConversionException invalid(String value) {
    return new TypeConversionException("'" + value + "' is not a size such as 5GB or 512MiB");
  }
}

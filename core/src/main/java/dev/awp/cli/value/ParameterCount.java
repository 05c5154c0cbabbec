// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers of parameters as names of models spell them: 135M is 135,000,000, 1.5B 1,500,000,000. */
public final class ParameterCount implements ITypeConverter<Long> {
  private static final Pattern COUNT = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)([KMBT]?)");

  @Override
  public Long convert(String value) {
    Matcher matcher = COUNT.matcher(value.toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw invalid(value);
    }
    int power = matcher.group(2).isEmpty() ? 0 : 1 + "KMBT".indexOf(matcher.group(2));
    try {
      long count =
          new BigDecimal(matcher.group(1))
              .multiply(BigDecimal.valueOf(1000).pow(power))
              .longValueExact();
      if (count < 1) {
        throw invalid(value);
      }
      return count;
    } catch (ArithmeticException e) {
      throw invalid(value);
    }
  }

  private static TypeConversionException invalid(String value) {
    return new TypeConversionException(
        "'" + value + "' is not a number of parameters such as 100M or 1.5B");
  }
}

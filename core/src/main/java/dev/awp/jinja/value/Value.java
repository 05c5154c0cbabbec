// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

import java.util.Locale;

/** A value of a template. Values do not change, {@link Namespace} and {@link Stream} apart. */
public sealed interface Value
    permits Value.Undefined,
        Value.None,
        Value.Bool,
        Value.Int,
        Value.Real,
        Value.Text,
        Value.Markup,
        Seq,
        Dict,
        Stream,
        Namespace,
        Callable,
        Special {

  /** Python's name of the type, for messages. */
  default String type() {
    return getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /** Whether a condition holds. */
  default boolean truth() {
    return true;
  }

  /**
   * What is not there. It prints as nothing and is empty; more cannot be done with it.
   *
   * @param what is missing, as a clause
   */
  record Undefined(String what) implements Value {
    @Override
    public boolean truth() {
      return false;
    }
  }

  /** Python's None. */
  enum None implements Value {
    NONE;

    @Override
    public String type() {
      return "NoneType";
    }

    @Override
    public boolean truth() {
      return false;
    }
  }

  /** True or False. */
  record Bool(boolean value) implements Value {
    @Override
    public boolean truth() {
      return value;
    }
  }

  /** An integer of 64 bits; larger ones are refused where they arise. */
  record Int(long value) implements Value {
    @Override
    public boolean truth() {
      return value != 0;
    }
  }

  /** A floating-point number. */
  record Real(double value) implements Value {
    @Override
    public String type() {
      return "float";
    }

    @Override
    public boolean truth() {
      return value != 0;
    }
  }

  /** A string; its elements are code points. */
  record Text(String value) implements Value {
    @Override
    public String type() {
      return "str";
    }

    @Override
    public boolean truth() {
      return !value.isEmpty();
    }

    /** The number of code points. */
    public int length() {
      return value.codePointCount(0, value.length());
    }
  }

  /**
   * What the filter "safe" makes. It prints as it is; Python escapes what is joined to it, so that
   * nothing else is done with it here.
   */
  record Markup(String value) implements Value {
    @Override
    public String type() {
      return "Markup";
    }

    @Override
    public boolean truth() {
      return !value.isEmpty();
    }
  }

  static Value of(boolean value) {
    return new Bool(value);
  }

  static Value of(long value) {
    return new Int(value);
  }

  static Value of(double value) {
    return new Real(value);
  }

  static Value of(String value) {
    return new Text(value);
  }
}

// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

import java.util.List;

/**
 * What Python makes one by one: a generator, which can be gone through once, or a view of a
 * dictionary, which can be gone through again and has a length.
 */
public final class Stream implements Value {
  private final String type;
  private final List<Value> items;
  private final boolean view;
  private boolean taken;

  private Stream(String type, List<? extends Value> items, boolean view) {
    this.type = type;
    this.items = List.copyOf(items);
    this.view = view;
  }

  public static Stream generator(List<? extends Value> items) {
    return new Stream("generator", items, false);
  }

  public static Stream view(String type, List<? extends Value> items) {
    return new Stream(type, items, true);
  }

  public boolean isView() {
    return view;
  }

  /**
   * The items.
   *
   * @throws JinjaException where a generator was gone through before: Python would leave off where
   *     it stood
   */
  public List<Value> take() {
    if (taken && !view) {
      throw new JinjaException("a generator is gone through twice, which is not known");
    }
    taken = true;
    return items;
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public boolean truth() {
    return !view || !items.isEmpty();
  }
}

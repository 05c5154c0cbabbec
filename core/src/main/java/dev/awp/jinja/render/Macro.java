// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.render;

import dev.awp.jinja.syntax.Statement.MacroBody;
import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Callable;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A macro: its body, and the variables that it sees besides its parameters. */
final class Macro implements Callable {
  private static final String CALLER = "caller";
  private final Renderer renderer;
  private final MacroBody body;
  private final Scope outer;

  Macro(Renderer renderer, MacroBody body, Scope outer) {
    this.renderer = renderer;
    this.body = body;
    this.outer = outer;
  }

  @Override
  public Value call(Arguments arguments, Work work) {
    work.enter();
    Scope scope = outer.inner();
    Map<String, Value> named = new LinkedHashMap<>(arguments.named());
    Map<String, Value> given = given(arguments.positional(), named, scope);
    rest(named, scope);
    List<String> parameters = body.parameters();
    int required = parameters.size() - body.defaults().size();
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      Value value = given.get(name);
      if (value == null) {
        value =
            i < required
                ? new Value.Undefined("parameter '%s' was not provided".formatted(name))
                : renderer.evaluator().evaluate(body.defaults().get(i - required), scope);
      }
      scope.set(name, value);
    }
    Value text = Value.of(renderer.render(body.body(), scope));
    work.leave();
    return text;
  }

  /** Values of parameters; those by name are taken out of the map. */
  private Map<String, Value> given(List<Value> positional, Map<String, Value> named, Scope scope) {
    List<String> parameters = body.parameters();
    Map<String, Value> given = new HashMap<>();
    int count = Math.min(positional.size(), parameters.size());
    for (int i = 0; i < count; i++) {
      given.put(parameters.get(i), positional.get(i));
    }
    for (String name : parameters.subList(count, parameters.size())) {
      if (named.containsKey(name)) {
        given.put(name, named.remove(name));
      }
    }
    List<Value> extra = positional.subList(count, positional.size());
    if (body.names().contains("varargs")) {
      scope.set("varargs", new Seq(Seq.Kind.TUPLE, List.copyOf(extra)));
    } else if (!extra.isEmpty()) {
      throw new JinjaException(
          "macro '%s' takes not more than %s argument(s)"
              .formatted(body.name(), parameters.size()));
    }
    return given;
  }

  private void rest(Map<String, Value> named, Scope scope) {
    if (body.names().contains(CALLER) && !body.parameters().contains(CALLER)) {
      Value caller = named.remove(CALLER);
      scope.set(CALLER, caller == null ? new Value.Undefined("No caller defined") : caller);
    }
    if (body.names().contains("kwargs")) {
      scope.set("kwargs", Dict.of(named));
    } else if (!named.isEmpty()) {
      throw new JinjaException(
          "macro '%s' takes no keyword argument '%s'"
              .formatted(body.name(), named.keySet().iterator().next()));
    }
  }
}

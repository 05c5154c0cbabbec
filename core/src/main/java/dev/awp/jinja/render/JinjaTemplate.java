// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.render;

import dev.awp.AwpException;
import dev.awp.jinja.function.Functions;
import dev.awp.jinja.syntax.SyntaxException;
import dev.awp.jinja.syntax.TemplateTree;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.time.LocalDateTime;
import java.util.Map;

/**
 * A template in Jinja that can be rendered any number of times, by any number of threads.
 *
 * <p>What is rendered is what Jinja renders, or nothing: what is not known is refused. A rendering
 * ends: its steps, its depth and its length are bounded.
 */
public final class JinjaTemplate {
  private final String place;
  private final TemplateTree tree;

  private JinjaTemplate(String place, TemplateTree tree) {
    this.place = place;
    this.tree = tree;
  }

  /**
   * Reads a template.
   *
   * @param place where it stands, for messages
   * @throws AwpException that names place and line, where it is no template or is nested too deeply
   */
  public static JinjaTemplate of(String place, String text) {
    try {
      return new JinjaTemplate(place, TemplateTree.of(text));
    } catch (SyntaxException e) {
      throw new AwpException("%s, line %s: %s".formatted(place, e.line(), e.getMessage()), e);
    }
  }

  /**
   * Renders the template.
   *
   * @param variables by name
   * @param now the time that strftime_now tells
   * @throws AwpException that names place and line, and what is wrong or not known
   */
  public String render(Map<String, Value> variables, LocalDateTime now) {
    return render(variables, now, new Work(Work.STEPS));
  }

  /** The same within bounds of its own. */
  String render(Map<String, Value> variables, LocalDateTime now, Work work) {
    try {
      Scope scope = new Scope(Functions.all(now)).inner();
      variables.forEach(scope::set);
      return new Renderer(work).render(tree.statements(), scope.inner());
    } catch (JinjaException e) {
      throw new AwpException("%s, line %s: %s".formatted(place, work.line(), e.getMessage()), e);
    }
  }
}

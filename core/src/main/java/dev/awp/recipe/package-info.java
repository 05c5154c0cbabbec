// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What is to become of every layer, as the user says it: settings, rules, budgets, and the YAML
 * file of them. Knows no solver and no format.
 */
package dev.awp.recipe;

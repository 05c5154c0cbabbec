// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** What errors of layers do to the model's predictions, measured before a budget is shared. */
package dev.awp.compress.measure;

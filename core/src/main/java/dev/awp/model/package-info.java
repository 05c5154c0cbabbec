// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The map of a model: linear layers, the sites of their inputs, the steps of a block, names and
 * shapes. Computes nothing.
 */
package dev.awp.model;

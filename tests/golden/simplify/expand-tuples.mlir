// RUN: expand-tuples
// -----
// The element of a tuple is what the tuple was made of.
func.func @main(%a: tensor<2xf32>, %b: tensor<i32>) -> tensor<i32> {
  %t = stablehlo.tuple %a, %b : tuple<tensor<2xf32>, tensor<i32>>
  %r = stablehlo.get_tuple_element %t[1] : (tuple<tensor<2xf32>, tensor<i32>>) -> tensor<i32>
  return %r : tensor<i32>
}
// => module {
// =>   func.func @main(%arg0: tensor<2xf32>, %arg1: tensor<i32>) -> tensor<i32> {
// =>     func.return %arg1 : tensor<i32>
// =>   }
// => }
// -----
// What was made elsewhere stays.
func.func @main(%t: tuple<tensor<2xf32>, tensor<i32>>) -> tensor<i32> {
  %r = stablehlo.get_tuple_element %t[1] : (tuple<tensor<2xf32>, tensor<i32>>) -> tensor<i32>
  return %r : tensor<i32>
}
// => unchanged

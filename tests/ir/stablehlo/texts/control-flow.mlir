module {
  func.func @loops(%arg0: tensor<3xf32>, %arg1: tensor<i32>) -> (tensor<3xf32>, tensor<i32>) {
    %0:2 = stablehlo.while(%arg2 = %arg0, %arg3 = %arg1) : tensor<3xf32>, tensor<i32> attributes {note = "kept"}
    cond {
      %1 = stablehlo.constant dense<9> : tensor<i32>
      %2 = stablehlo.compare LT, %arg3, %1, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %2 : tensor<i1>
    } do {
      %3 = stablehlo.add %arg2, %arg2 : tensor<3xf32>
      %4 = stablehlo.constant dense<1> : tensor<i32>
      %5 = stablehlo.add %arg3, %4 : tensor<i32>
      stablehlo.return %3, %5 : tensor<3xf32>, tensor<i32>
    }
    func.return %0#0, %0#1 : tensor<3xf32>, tensor<i32>
  }
  func.func @branches(%arg0: tensor<i1>, %arg1: tensor<i32>, %arg2: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
    %0 = "stablehlo.if"(%arg0) ({
      stablehlo.return %arg2 : tensor<2xf32>
    }, {
      %1 = stablehlo.negate %arg2 : tensor<2xf32>
      stablehlo.return %1 : tensor<2xf32>
    }) : (tensor<i1>) -> tensor<2xf32>
    %2 = "stablehlo.case"(%arg1) ({
      stablehlo.return %0 : tensor<2xf32>
    }, {
      stablehlo.return %arg2 : tensor<2xf32>
    }) : (tensor<i32>) -> tensor<2xf32>
    "stablehlo.case"(%arg1) ({
      stablehlo.return
    }) : (tensor<i32>) -> ()
    func.return %0, %2 : tensor<2xf32>, tensor<2xf32>
  }
  func.func @barriers(%arg0: tensor<2xf32>, %arg1: tensor<i32>) -> (tensor<2xf32>, tensor<i32>) {
    stablehlo.optimization_barrier()
    %0:2 = stablehlo.optimization_barrier {note = 1 : i64} %arg0, %arg1 : tensor<2xf32>, tensor<i32>
    func.return %0#0, %0#1 : tensor<2xf32>, tensor<i32>
  }
  func.func @tuples(%arg0: tensor<f32>, %arg1: !stablehlo.token) -> (!stablehlo.token, !stablehlo.token, tuple<>) {
    %0 = stablehlo.tuple %arg0, %arg1 : tuple<tensor<f32>, !stablehlo.token>
    %1 = stablehlo.get_tuple_element %0[1] : (tuple<tensor<f32>, !stablehlo.token>) -> !stablehlo.token
    %2 = stablehlo.create_token : !stablehlo.token
    %3 = stablehlo.after_all %1, %2 : !stablehlo.token
    %4 = stablehlo.after_all : !stablehlo.token
    %5 = stablehlo.tuple : tuple<>
    func.return %3, %4, %5 : !stablehlo.token, !stablehlo.token, tuple<>
  }
}

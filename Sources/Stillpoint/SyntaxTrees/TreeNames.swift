// The names of operators' classes in `_ast`, both ways.
import StillSyntax

enum TreeNames {
    static let binary: [(StillSyntax.BinaryOperator, String)] = [
        (.add, "Add"), (.sub, "Sub"), (.mult, "Mult"), (.matMult, "MatMult"), (.div, "Div"), (.mod, "Mod"), (.pow, "Pow"),
        (.lShift, "LShift"), (.rShift, "RShift"), (.bitOr, "BitOr"), (.bitXor, "BitXor"), (.bitAnd, "BitAnd"),
        (.floorDiv, "FloorDiv"),
    ]
    static let unary: [(StillSyntax.UnaryOperator, String)] = [(.invert, "Invert"), (.not, "Not"), (.uAdd, "UAdd"), (.uSub, "USub")]
    static let comparison: [(ComparisonOperator, String)] = [
        (.eq, "Eq"), (.notEq, "NotEq"), (.lt, "Lt"), (.ltE, "LtE"), (.gt, "Gt"), (.gtE, "GtE"), (.is, "Is"), (.isNot, "IsNot"),
        (.in, "In"), (.notIn, "NotIn"),
    ]

    static func name(_ op: StillSyntax.BinaryOperator) -> String { binary.first { $0.0 == op }!.1 }
    static func name(_ op: StillSyntax.UnaryOperator) -> String { unary.first { $0.0 == op }!.1 }
    static func name(_ op: ComparisonOperator) -> String { comparison.first { $0.0 == op }!.1 }
}

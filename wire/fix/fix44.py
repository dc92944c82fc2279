# Ref: FIX 4.4 with errata 20030618: volumes 1 (components), 2 (session), 3 and 4 (orders), 5 (positions), 6 (fields)
"""FIX 4.4: the messages that we speak, their fields and values, in the notation of wire.fix.notation."""

from wire.fix.fields44 import FIELDS, TAGS, TYPES
from wire.fix.notation import compile_dictionary

__all__ = ["FIX44"]

_MESSAGES = """
Header: BeginString! BodyLength! MsgType! SenderCompID! TargetCompID! OnBehalfOfCompID DeliverToCompID SecureDataLen
    SecureData MsgSeqNum! SenderSubID SenderLocationID TargetSubID TargetLocationID OnBehalfOfSubID
    OnBehalfOfLocationID DeliverToSubID DeliverToLocationID PossDupFlag PossResend SendingTime! OrigSendingTime
    XmlDataLen XmlData MessageEncoding LastMsgSeqNumProcessed NoHops(HopCompID HopSendingTime HopRefID)
Trailer: SignatureLength Signature CheckSum!

@PtysSubGrp: NoPartySubIDs(PartySubID PartySubIDType)
@Parties: NoPartyIDs(PartyID PartyIDSource PartyRole @PtysSubGrp)
@ContraGrp: NoContraBrokers(ContraBroker ContraTrader ContraTradeQty ContraTradeTime ContraLegRefID)
@SecAltIDGrp: NoSecurityAltID(SecurityAltID SecurityAltIDSource)
@EvntGrp: NoEvents(EventType EventDate EventPx EventText)
@Instrument: Symbol SymbolSfx SecurityID SecurityIDSource @SecAltIDGrp Product CFICode SecurityType SecuritySubType
    MaturityMonthYear MaturityDate PutOrCall CouponPaymentDate IssueDate RepoCollateralSecurityType RepurchaseTerm
    RepurchaseRate Factor CreditRating InstrRegistry CountryOfIssue StateOrProvinceOfIssue LocaleOfIssue
    RedemptionDate StrikePrice StrikeCurrency OptAttribute ContractMultiplier CouponRate SecurityExchange Issuer
    EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc Pool ContractSettlMonth
    CPProgram CPRegType @EvntGrp DatedDate InterestAccrualDate
@FinancingDetails: AgreementDesc AgreementID AgreementDate AgreementCurrency TerminationType StartDate EndDate
    DeliveryType MarginRatio
@UndSecAltIDGrp: NoUnderlyingSecurityAltID(UnderlyingSecurityAltID UnderlyingSecurityAltIDSource)
@UnderlyingStipulations: NoUnderlyingStips(UnderlyingStipType UnderlyingStipValue)
@UnderlyingInstrument: UnderlyingSymbol UnderlyingSymbolSfx UnderlyingSecurityID UnderlyingSecurityIDSource
    @UndSecAltIDGrp UnderlyingProduct UnderlyingCFICode UnderlyingSecurityType UnderlyingSecuritySubType
    UnderlyingMaturityMonthYear UnderlyingMaturityDate UnderlyingPutOrCall UnderlyingCouponPaymentDate
    UnderlyingIssueDate UnderlyingRepoCollateralSecurityType UnderlyingRepurchaseTerm UnderlyingRepurchaseRate
    UnderlyingFactor UnderlyingCreditRating UnderlyingInstrRegistry UnderlyingCountryOfIssue
    UnderlyingStateOrProvinceOfIssue UnderlyingLocaleOfIssue UnderlyingRedemptionDate UnderlyingStrikePrice
    UnderlyingStrikeCurrency UnderlyingOptAttribute UnderlyingContractMultiplier UnderlyingCouponRate
    UnderlyingSecurityExchange UnderlyingIssuer EncodedUnderlyingIssuerLen EncodedUnderlyingIssuer
    UnderlyingSecurityDesc EncodedUnderlyingSecurityDescLen EncodedUnderlyingSecurityDesc UnderlyingCPProgram
    UnderlyingCPRegType UnderlyingCurrency UnderlyingQty UnderlyingPx UnderlyingDirtyPrice UnderlyingEndPrice
    UnderlyingStartValue UnderlyingCurrentValue UnderlyingEndValue @UnderlyingStipulations
@UndInstrmtGrp: NoUnderlyings(@UnderlyingInstrument)
@Stipulations: NoStipulations(StipulationType StipulationValue)
@OrderQtyData: OrderQty CashOrderQty OrderPercent RoundingDirection RoundingModulus
@PegInstructions: PegOffsetValue PegMoveType PegOffsetType PegLimitType PegRoundDirection PegScope
@DiscretionInstructions: DiscretionInst DiscretionOffsetValue DiscretionMoveType DiscretionOffsetType
    DiscretionLimitType DiscretionRoundDirection DiscretionScope
@CommissionData: Commission CommType CommCurrency FundRenewWaiv
@SpreadOrBenchmarkCurveData: Spread BenchmarkCurveCurrency BenchmarkCurveName BenchmarkCurvePoint BenchmarkPrice
    BenchmarkPriceType BenchmarkSecurityID BenchmarkSecurityIDSource
@YieldData: YieldType Yield YieldCalcDate YieldRedemptionDate YieldRedemptionPrice YieldRedemptionPriceType
@ContAmtGrp: NoContAmts(ContAmtType ContAmtValue ContAmtCurr)
@LegSecAltIDGrp: NoLegSecurityAltID(LegSecurityAltID LegSecurityAltIDSource)
@InstrumentLeg: LegSymbol LegSymbolSfx LegSecurityID LegSecurityIDSource @LegSecAltIDGrp LegProduct LegCFICode
    LegSecurityType LegSecuritySubType LegMaturityMonthYear LegMaturityDate LegCouponPaymentDate LegIssueDate
    LegRepoCollateralSecurityType LegRepurchaseTerm LegRepurchaseRate LegFactor LegCreditRating LegInstrRegistry
    LegCountryOfIssue LegStateOrProvinceOfIssue LegLocaleOfIssue LegRedemptionDate LegStrikePrice LegStrikeCurrency
    LegOptAttribute LegContractMultiplier LegCouponRate LegSecurityExchange LegIssuer EncodedLegIssuerLen
    EncodedLegIssuer LegSecurityDesc EncodedLegSecurityDescLen EncodedLegSecurityDesc LegRatioQty LegSide LegCurrency
    LegPool LegDatedDate LegContractSettlMonth LegInterestAccrualDate
@LegStipulations: NoLegStipulations(LegStipulationType LegStipulationValue)
@NstdPtysSubGrp: NoNestedPartySubIDs(NestedPartySubID NestedPartySubIDType)
@NestedParties: NoNestedPartyIDs(NestedPartyID NestedPartyIDSource NestedPartyRole @NstdPtysSubGrp)
@InstrmtLegExecGrp: NoLegs(@InstrumentLeg LegQty LegSwapType @LegStipulations LegPositionEffect LegCoveredOrUncovered
    @NestedParties LegRefID LegPrice LegSettlType LegSettlDate LegLastPx)
@MiscFeesGrp: NoMiscFees(MiscFeeAmt MiscFeeCurr MiscFeeType MiscFeeBasis)
@PreAllocGrp: NoAllocs(AllocAccount AllocAcctIDSource AllocSettlCurrency IndividualAllocID @NestedParties AllocQty)
@TrdgSesGrp: NoTradingSessions(TradingSessionID TradingSessionSubID)
@InstrmtLegGrp: NoLegs(@InstrumentLeg)
@LegBenchmarkCurveData: LegBenchmarkCurveCurrency LegBenchmarkCurveName LegBenchmarkCurvePoint LegBenchmarkPrice
    LegBenchmarkPriceType
@QuotReqLegsGrp: NoLegs(@InstrumentLeg LegQty LegSwapType LegSettlType LegSettlDate @LegStipulations @NestedParties
    @LegBenchmarkCurveData)
@QuotQualGrp: NoQuoteQualifiers(QuoteQualifier)
@QuotReqGrp: NoRelatedSym(@Instrument! @FinancingDetails @UndInstrmtGrp PrevClosePx QuoteRequestType QuoteType
    TradingSessionID TradingSessionSubID TradeOriginationDate Side QtyType @OrderQtyData SettlType SettlDate
    SettlDate2 OrderQty2 Currency @Stipulations Account AcctIDSource AccountType @QuotReqLegsGrp @QuotQualGrp
    QuotePriceType OrdType ValidUntilTime ExpireTime TransactTime @SpreadOrBenchmarkCurveData PriceType Price Price2
    @YieldData @Parties)!
@LegQuotGrp: NoLegs(@InstrumentLeg LegQty LegSwapType LegSettlType LegSettlDate @LegStipulations @NestedParties
    LegPriceType LegBidPx LegOfferPx @LegBenchmarkCurveData)
@AffectedOrdGrp: NoAffectedOrders(OrigClOrdID AffectedOrderID AffectedSecondaryOrderID)
@PosUndInstrmtGrp: NoUnderlyings(@UnderlyingInstrument UnderlyingSettlPrice! UnderlyingSettlPriceType!)
@PositionQty: NoPositions(PosType LongQty ShortQty PosQtyStatus @NestedParties)
@PositionAmountData: NoPosAmt(PosAmtType PosAmt)

0 Heartbeat: TestReqID
1 TestRequest: TestReqID!
2 ResendRequest: BeginSeqNo! EndSeqNo!
3 Reject: RefSeqNum! RefTagID RefMsgType SessionRejectReason Text EncodedTextLen EncodedText
4 SequenceReset: GapFillFlag NewSeqNo!
5 Logout: Text EncodedTextLen EncodedText
A Logon: EncryptMethod! HeartBtInt! RawDataLength RawData ResetSeqNumFlag NextExpectedMsgSeqNum MaxMessageSize
    NoMsgTypes(RefMsgType MsgDirection) TestMessageIndicator Username Password
8 ExecutionReport: OrderID! SecondaryOrderID SecondaryClOrdID SecondaryExecID ClOrdID OrigClOrdID ClOrdLinkID
    QuoteRespID OrdStatusReqID MassStatusReqID TotNumReports LastRptRequested @Parties TradeOriginationDate @ContraGrp
    ListID CrossID OrigCrossID CrossType ExecID! ExecRefID ExecType! OrdStatus! WorkingIndicator OrdRejReason
    ExecRestatementReason Account AcctIDSource AccountType DayBookingInst BookingUnit PreallocMethod SettlType
    SettlDate CashMargin ClearingFeeIndicator @Instrument! @FinancingDetails @UndInstrmtGrp Side! @Stipulations
    QtyType @OrderQtyData OrdType PriceType Price StopPx @PegInstructions @DiscretionInstructions PeggedPrice
    DiscretionPrice TargetStrategy TargetStrategyParameters ParticipationRate TargetStrategyPerformance Currency
    ComplianceID SolicitedFlag TimeInForce EffectiveTime ExpireDate ExpireTime ExecInst OrderCapacity
    OrderRestrictions CustOrderCapacity LastQty UnderlyingLastQty LastPx UnderlyingLastPx LastParPx LastSpotRate
    LastForwardPoints LastMkt TradingSessionID TradingSessionSubID TimeBracket LastCapacity LeavesQty! CumQty! AvgPx!
    DayOrderQty DayCumQty DayAvgPx GTBookingInst TradeDate TransactTime ReportToExch @CommissionData
    @SpreadOrBenchmarkCurveData @YieldData GrossTradeAmt NumDaysInterest ExDate AccruedInterestRate AccruedInterestAmt
    InterestAtMaturity EndAccruedInterestAmt StartCash EndCash TradedFlatSwitch BasisFeatureDate BasisFeaturePrice
    Concession TotalTakedown NetMoney SettlCurrAmt SettlCurrency SettlCurrFxRate SettlCurrFxRateCalc HandlInst MinQty
    MaxFloor PositionEffect MaxShow BookingType Text EncodedTextLen EncodedText SettlDate2 OrderQty2
    LastForwardPoints2 MultiLegReportingType CancellationRights MoneyLaunderingStatus RegistID Designation
    TransBkdTime ExecValuationPoint ExecPriceType ExecPriceAdjustment PriorityIndicator PriceImprovement
    LastLiquidityInd @ContAmtGrp @InstrmtLegExecGrp CopyMsgIndicator @MiscFeesGrp
9 OrderCancelReject: OrderID! SecondaryOrderID SecondaryClOrdID ClOrdID! ClOrdLinkID OrigClOrdID! OrdStatus!
    WorkingIndicator OrigOrdModTime ListID Account AcctIDSource AccountType TradeOriginationDate TradeDate
    TransactTime CxlRejResponseTo! CxlRejReason Text EncodedTextLen EncodedText
D NewOrderSingle: ClOrdID! SecondaryClOrdID ClOrdLinkID @Parties TradeOriginationDate TradeDate Account AcctIDSource
    AccountType DayBookingInst BookingUnit PreallocMethod AllocID @PreAllocGrp SettlType SettlDate CashMargin
    ClearingFeeIndicator HandlInst ExecInst MinQty MaxFloor ExDestination @TrdgSesGrp ProcessCode @Instrument!
    @FinancingDetails @UndInstrmtGrp PrevClosePx Side! LocateReqd TransactTime! @Stipulations QtyType @OrderQtyData!
    OrdType! PriceType Price StopPx @SpreadOrBenchmarkCurveData @YieldData Currency ComplianceID SolicitedFlag IOIID
    QuoteID TimeInForce EffectiveTime ExpireDate ExpireTime GTBookingInst @CommissionData OrderCapacity
    OrderRestrictions CustOrderCapacity ForexReq SettlCurrency BookingType Text EncodedTextLen EncodedText SettlDate2
    OrderQty2 Price2 PositionEffect CoveredOrUncovered MaxShow @PegInstructions @DiscretionInstructions TargetStrategy
    TargetStrategyParameters ParticipationRate CancellationRights MoneyLaunderingStatus RegistID Designation
F OrderCancelRequest: OrigClOrdID! OrderID ClOrdID! SecondaryClOrdID ClOrdLinkID ListID OrigOrdModTime Account
    AcctIDSource AccountType @Parties @Instrument! @FinancingDetails @UndInstrmtGrp Side! TransactTime! @OrderQtyData!
    ComplianceID Text EncodedTextLen EncodedText
G OrderCancelReplaceRequest: OrderID @Parties TradeOriginationDate TradeDate OrigClOrdID! ClOrdID! SecondaryClOrdID
    ClOrdLinkID ListID OrigOrdModTime Account AcctIDSource AccountType DayBookingInst BookingUnit PreallocMethod
    AllocID @PreAllocGrp SettlType SettlDate CashMargin ClearingFeeIndicator HandlInst ExecInst MinQty MaxFloor
    ExDestination @TrdgSesGrp @Instrument! @FinancingDetails @UndInstrmtGrp Side! TransactTime! QtyType @OrderQtyData!
    OrdType! PriceType Price StopPx @SpreadOrBenchmarkCurveData @YieldData @PegInstructions @DiscretionInstructions
    TargetStrategy TargetStrategyParameters ParticipationRate ComplianceID SolicitedFlag Currency TimeInForce
    EffectiveTime ExpireDate ExpireTime GTBookingInst @CommissionData OrderCapacity OrderRestrictions
    CustOrderCapacity ForexReq SettlCurrency BookingType Text EncodedTextLen EncodedText SettlDate2 OrderQty2 Price2
    PositionEffect CoveredOrUncovered MaxShow LocateReqd CancellationRights MoneyLaunderingStatus RegistID Designation
H OrderStatusRequest: OrderID ClOrdID! SecondaryClOrdID ClOrdLinkID @Parties OrdStatusReqID Account AcctIDSource
    @Instrument! @FinancingDetails @UndInstrmtGrp Side!
Q DontKnowTrade: OrderID! SecondaryOrderID ExecID! DKReason! @Instrument! @UndInstrmtGrp @InstrmtLegGrp Side!
    @OrderQtyData! LastQty LastPx Text EncodedTextLen EncodedText
R QuoteRequest: QuoteReqID! RFQReqID ClOrdID OrderCapacity @QuotReqGrp! Text EncodedTextLen EncodedText
S Quote: QuoteReqID QuoteID! QuoteRespID QuoteType @QuotQualGrp QuoteResponseLevel @Parties TradingSessionID
    TradingSessionSubID @Instrument! @FinancingDetails @UndInstrmtGrp Side @OrderQtyData SettlType SettlDate
    SettlDate2 OrderQty2 Currency @Stipulations Account AcctIDSource AccountType @LegQuotGrp BidPx OfferPx MktBidPx
    MktOfferPx MinBidSize BidSize MinOfferSize OfferSize ValidUntilTime BidSpotRate OfferSpotRate BidForwardPoints
    OfferForwardPoints MidPx BidYield MidYield OfferYield TransactTime OrdType BidForwardPoints2 OfferForwardPoints2
    SettlCurrBidFxRate SettlCurrOfferFxRate SettlCurrFxRateCalc CommType Commission CustOrderCapacity ExDestination
    OrderCapacity PriceType @SpreadOrBenchmarkCurveData @YieldData Text EncodedTextLen EncodedText
j BusinessMessageReject: RefSeqNum RefMsgType! BusinessRejectRefID BusinessRejectReason! Text EncodedTextLen
    EncodedText
q OrderMassCancelRequest: ClOrdID! SecondaryClOrdID MassCancelRequestType! TradingSessionID TradingSessionSubID
    @Instrument @UnderlyingInstrument Side TransactTime! Text EncodedTextLen EncodedText
r OrderMassCancelReport: ClOrdID SecondaryClOrdID OrderID! SecondaryOrderID MassCancelRequestType! MassCancelResponse!
    MassCancelRejectReason TotalAffectedOrders @AffectedOrdGrp TradingSessionID TradingSessionSubID @Instrument
    @UnderlyingInstrument Side TransactTime Text EncodedTextLen EncodedText
AF OrderMassStatusRequest: MassStatusReqID! MassStatusReqType! @Parties Account AcctIDSource TradingSessionID
    TradingSessionSubID @Instrument @UnderlyingInstrument Side
AN RequestForPositions: PosReqID! PosReqType! MatchStatus SubscriptionRequestType @Parties! Account! AcctIDSource
    AccountType! @Instrument Currency @InstrmtLegGrp @UndInstrmtGrp ClearingBusinessDate! SettlSessID SettlSessSubID
    @TrdgSesGrp TransactTime! ResponseTransportType ResponseDestination Text EncodedTextLen EncodedText
AO RequestForPositionsAck: PosMaintRptID! PosReqID TotalNumPosReports UnsolicitedIndicator PosReqResult! PosReqStatus!
    @Parties! Account! AcctIDSource AccountType! @Instrument Currency @InstrmtLegGrp @UndInstrmtGrp
    ResponseTransportType ResponseDestination Text EncodedTextLen EncodedText
AP PositionReport: PosMaintRptID! PosReqID PosReqType SubscriptionRequestType TotalNumPosReports UnsolicitedIndicator
    PosReqResult! ClearingBusinessDate! SettlSessID SettlSessSubID @Parties! Account! AcctIDSource AccountType!
    @Instrument Currency SettlPrice! SettlPriceType! PriorSettlPrice! @InstrmtLegGrp @PosUndInstrmtGrp @PositionQty!
    @PositionAmountData! RegistStatus DeliveryDate Text EncodedTextLen EncodedText
"""

FIX44 = compile_dictionary(b"FIX.4.4", _MESSAGES, FIELDS, TYPES, TAGS)
